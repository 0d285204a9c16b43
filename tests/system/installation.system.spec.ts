import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { INSTALLATION_NODE, SHARD_MAP_NODE, TOPICS_NODE } from '@tally/placement';
import { eventually } from '@tally/testing';
import { ROOT } from '@tally/tools';
import type { ZooKeeperSession } from '@tally/zookeeper';
import { askShards } from './ask-shards.js';
import { startPrivateStack, type PrivateStack } from './private-stack.js';

const WAIT = { timeoutMs: 60_000 };

let tally: PrivateStack;
let session: ZooKeeperSession;
beforeAll(async () => {
  tally = await startPrivateStack({ TALLY_ZOOKEEPER_SESSION_MS: '2000' });
  session = tally.openZooKeeper();
}, 120_000);
afterAll(async () => {
  await session?.close();
  await tally.stop();
}, 60_000);

const textOf = async (path: string) => (await session.get(path))?.data.toString();
const idIn = (text = '{}') => (JSON.parse(text) as { readonly id?: string }).id;
const topic = async () =>
  (JSON.parse((await textOf(TOPICS_NODE)) ?? '{}') as { readonly name?: string }).name;

/** What tools/installation says, and its exit code. */
function tool(...args: string[]): Promise<{ readonly code: number; readonly text: string }> {
  const { zookeeper, kafka } = tally.addresses;
  const { tools } = tally.addresses;
  const env = { ...process.env, ...tools, TALLY_ZOOKEEPER: zookeeper, KAFKA_BROKERS: kafka };
  return new Promise((resolve) =>
    execFile(join(ROOT, 'tools/installation'), args, { env }, (error, stdout, stderr) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, text: stdout + stderr }),
    ),
  );
}

const untilTogether = () =>
  eventually('all goes together', async () => (await tool('show')).code === 0, WAIT);

describe('an installation', () => {
  it('begins by itself: ZooKeeper, shards and log have the same id', async () => {
    await untilTogether();
    const id = idIn(await textOf(INSTALLATION_NODE));
    expect(await topic()).toBe(`events-${id}`);
    expect(await askShards(tally.addresses, 'SELECT id FROM installation')).toEqual([
      [{ id }],
      [{ id }],
    ]);
    expect((await tool('show')).text).toContain(`installation ${id}, topic events-${id}`);
  }, 120_000);

  it('is brought back into an empty ZooKeeper, as it was and as often as one likes', async () => {
    const before = await Promise.all([TOPICS_NODE, SHARD_MAP_NODE, INSTALLATION_NODE].map(textOf));
    await tally.stack.crash(['zookeeper']);
    rmSync(join(tally.dir, 'zookeeper', 'data'), { recursive: true });
    tally.stack.revive('zookeeper');
    const empty = await eventually(
      'ZooKeeper is seen to be empty',
      async () => {
        const said = await tool('show');
        return said.code === 1 && said.text.includes('ZooKeeper is empty, but shard 0') && said;
      },
      WAIT,
    );
    expect(empty.text).toContain('ZooKeeper  no installation, empty');
    // Somebody began to put it back by hand, and was wrong.
    await session.create(SHARD_MAP_NODE, Buffer.from('{"epoch":9,"slots":[]}'));
    expect(await tool('restore')).toMatchObject({
      code: 1,
      text: expect.stringContaining(`says otherwise than the shards in ${SHARD_MAP_NODE}`),
    });
    expect(await textOf(INSTALLATION_NODE)).toBeUndefined();
    await session.delete(SHARD_MAP_NODE);
    expect(await tool('restore')).toMatchObject({
      code: 0,
      text: expect.stringContaining('3 nodes were made'),
    });
    await untilTogether();
    expect(await Promise.all([TOPICS_NODE, SHARD_MAP_NODE, INSTALLATION_NODE].map(textOf))).toEqual(
      before,
    );
    expect(await tool('restore')).toMatchObject({
      code: 0,
      text: expect.stringContaining('0 nodes were made'),
    });
  }, 240_000);

  it('of before there were ids gets that of its topic, once', async () => {
    const named = await topic();
    const proxies = ['cluster-proxy', 'shard-proxy', 'shard-proxy-1'];
    await tally.stack.crash(proxies);
    await session.delete(INSTALLATION_NODE);
    await askShards(tally.addresses, 'DELETE FROM installation');
    await askShards(tally.addresses, 'DELETE FROM kept_nodes');
    for (const name of proxies) tally.stack.revive(name);
    await untilTogether();
    expect(idIn(await textOf(INSTALLATION_NODE))).toBe(named?.slice('events-'.length));
    expect(await topic()).toBe(named);
  }, 120_000);
});
