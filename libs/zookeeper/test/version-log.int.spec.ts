import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@tally/testing';
import { VersionLog } from '../src/index.js';
import { ZooKeeperFixture } from './support/zookeeper-fixture.js';

const zookeeper = new ZooKeeperFixture();
beforeAll(() => zookeeper.start(), 60_000);
afterAll(() => zookeeper.stop(), 30_000);

function parse(value: unknown): string {
  if (typeof value !== 'string') throw new Error(`expected a text, got ${JSON.stringify(value)}`);
  return value;
}

async function open(path: string) {
  const session = await zookeeper.session();
  const seen: (readonly [number, string])[] = [];
  const onEntry = (version: number, value: string) => void seen.push([version, value]);
  const log = new VersionLog({ session, path, parse, onEntry });
  return { session, log, seen };
}

describe('a version log', () => {
  it('is caught up when there is nothing, and numbers from 1', async () => {
    const { log, seen } = await open('/versions/new');
    expect(log.isCaughtUp).toBe(false);
    await log.catchUp();
    expect(log.isCaughtUp).toBe(true);
    expect(await log.append('first')).toEqual({ kind: 'appended', version: 1 });
    await log.catchUp();
    expect(seen).toEqual([[1, 'first']]);
    expect(log.latestVersion).toBe(1);
  });

  it('of two who add the same version one succeeds, and both see the same', async () => {
    const [one, two] = await Promise.all([open('/versions/race'), open('/versions/race')]);
    const results = await Promise.all([one.log.append('one'), two.log.append('two')]);
    expect(results.map(({ kind }) => kind).sort()).toEqual(['appended', 'taken']);
    await Promise.all([one.log.catchUp(), two.log.catchUp()]);
    expect(one.seen).toEqual(two.seen);
    expect(one.seen).toHaveLength(1);
  });

  it('tells a follower of what others add, once and in order', async () => {
    const [writer, reader] = await Promise.all([
      open('/versions/follow'),
      open('/versions/follow'),
    ]);
    reader.log.start();
    for (let version = 1; version <= 150; version++) {
      await writer.log.append(`text ${version}`);
      // Catching up by hand and by the watch at once delivers nothing twice.
      await Promise.all([writer.log.catchUp(), reader.log.catchUp()]);
    }
    await eventually('the reader has all', () => reader.log.latestVersion === 150);
    const late = await open('/versions/follow');
    await late.log.catchUp();
    const expected = Array.from({ length: 150 }, (_, index) => [index + 1, `text ${index + 1}`]);
    expect(late.seen).toEqual(expected);
    expect(reader.seen).toEqual(expected);
    await reader.log.close();
  });

  it('holds back what is behind a gap, until it is filled', async () => {
    const { session, log, seen } = await open('/versions/gap');
    const put = (name: string) => session.create(`/versions/gap/${name}`, Buffer.from(`"${name}"`));
    await put('0000000001');
    await put('0000000003');
    await put('other');
    log.start();
    await eventually('the first', () => seen.length === 1);
    await put('0000000002');
    await eventually('all three', () => seen.length === 3);
    expect(seen.map(([version]) => version)).toEqual([1, 2, 3]);
    await log.close();
  });

  it('stops at a version that cannot be read, and says so', async () => {
    const { session, log, seen } = await open('/versions/broken');
    await session.create('/versions/broken/0000000001', Buffer.from('{"not":"a text"}'));
    await session.create('/versions/broken/0000000002', Buffer.from('"fine"'));
    await expect(log.catchUp()).rejects.toMatchObject({ code: 'internal' });
    expect(seen).toEqual([]);
    expect(log.isCaughtUp).toBe(false);
  });

  it('refuses to write what could not be read again', async () => {
    const { log } = await open('/versions/refused');
    await expect(log.append(7 as unknown as string)).rejects.toThrow('expected a text');
    await log.catchUp();
    expect(log.latestVersion).toBe(0);
  });
});
