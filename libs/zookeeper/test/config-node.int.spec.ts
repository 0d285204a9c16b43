import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@tally/testing';
import { ConfigNode, type ConfigValue, type SetResult } from '../src/index.js';
import { ZooKeeperFixture } from './support/zookeeper-fixture.js';

const zookeeper = new ZooKeeperFixture();
beforeAll(() => zookeeper.start(), 60_000);
afterAll(() => zookeeper.stop(), 30_000);

interface Counter {
  readonly count: number;
}

function parse(value: unknown): Counter {
  const { count } = value as { count?: unknown };
  if (typeof count !== 'number') throw new Error(`expected a count, got ${JSON.stringify(value)}`);
  return { count };
}

async function counter(path: string) {
  const session = await zookeeper.session();
  return { session, node: new ConfigNode({ session, path, parse, maxTries: 200 }) };
}

const increment = (current: Counter | undefined) => ({ count: (current?.count ?? 0) + 1 });

describe('a configuration node', () => {
  it('is created by the first update, and no concurrent update is lost', async () => {
    const [one, two] = await Promise.all([counter('/config/sum'), counter('/config/sum')]);
    expect(await one.node.read()).toBeUndefined();
    const updates = Array.from({ length: 20 }, (_, index) =>
      (index % 2 === 0 ? one : two).node.update(increment),
    );
    const results = await Promise.all(updates);
    expect(results.map(({ value }) => value.count).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 20 }, (_, index) => index + 1),
    );
    expect(await two.node.read()).toEqual({ value: { count: 20 }, version: 19 });
  });

  it('set with an old version is a conflict and changes nothing', async () => {
    const { node } = await counter('/config/conflict');
    await node.update(() => ({ count: 1 }));
    expect(await node.set({ count: 2 }, 0)).toEqual({ kind: 'set', version: 1 });
    expect(await node.set({ count: 3 }, 0)).toEqual({ kind: 'conflict' });
    expect(await node.read()).toEqual({ value: { count: 2 }, version: 1 });
  });

  it('an update gives up after its tries when others always come first', async () => {
    const session = await zookeeper.session();
    const node = new ConfigNode({ session, path: '/config/busy', parse, maxTries: 3 });
    await node.update(() => ({ count: 0 }));
    const rivals: Promise<SetResult>[] = [];
    const update = node.update(() => {
      // One session's requests are carried out in order: the rival's is before the update's.
      rivals.push(
        session.setWithVersion('/config/busy', Buffer.from('{"count":-1}'), rivals.length),
      );
      return { count: 1 };
    });
    await expect(update).rejects.toMatchObject({ code: 'conflict' });
    const set = (version: number) => ({ kind: 'set', version });
    expect(await Promise.all(rivals)).toEqual([set(1), set(2), set(3)]);
  });

  it('a watcher keeps the last valid value and reports the invalid one', async () => {
    const { session, node } = await counter('/config/watched');
    const seen: (ConfigValue<Counter> | undefined)[] = [];
    const invalid: string[] = [];
    node.onInvalid((error) => invalid.push(error.message));
    const unwatch = node.watch((current) => seen.push(current));
    await eventually('the absence', () => seen.length === 1);
    await node.update(() => ({ count: 1 }));
    await eventually('the first value', () => seen.length === 2);
    await session.setWithVersion('/config/watched', Buffer.from('{"count":"two"}'), 0);
    await eventually('the complaint', () => invalid.length === 1);
    await session.setWithVersion('/config/watched', Buffer.from('{"count":3}'), 1);
    await eventually('the third value', () => seen.length === 3);
    const values = [
      undefined,
      { value: { count: 1 }, version: 0 },
      { value: { count: 3 }, version: 2 },
    ];
    expect(seen).toEqual(values);
    expect(invalid[0]).toContain('/config/watched version 1 is not valid: Error: expected a count');
    unwatch();
  });

  it('refuses to write what could not be read again', async () => {
    const { node } = await counter('/config/refused');
    await expect(node.update(() => ({ count: NaN }))).rejects.toThrow('expected a count');
    expect(await node.read()).toBeUndefined();
  });
});
