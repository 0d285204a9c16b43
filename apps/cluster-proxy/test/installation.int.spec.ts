import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { shardProxy } from '@tally/contracts';
import { ServiceClient, type ServiceInstance } from '@tally/discovery';
import { INSTALLATION_NODE, TOPICS_NODE } from '@tally/placement';
import { createLogger } from '@tally/service-kit';
import { startZooKeeper, type ZooKeeperServer } from '@tally/testing';
import { ZooKeeperSession } from '@tally/zookeeper';
import { InstallationFounder } from '../src/installation/installation-founder.js';
import { ShardProxies } from '../src/shards/shard-proxies.js';
import { FakeShard, SHARD_PROXY } from './fake-shard.js';

const ID = '0123456789abcdef';
const logger = createLogger('cluster-proxy', { instance: 'test', logLevel: 'error' });
const dir = mkdtempSync(join(tmpdir(), 'tally-founder-'));
let zookeeper: ZooKeeperServer;
beforeAll(async () => {
  zookeeper = await startZooKeeper({ dir });
}, 60_000);
afterAll(async () => {
  await zookeeper?.process.stop();
  rmSync(dir, { recursive: true, force: true });
}, 60_000);

describe('an installation', () => {
  let session: ZooKeeperSession;
  let shards: [FakeShard, FakeShard];
  let client: ServiceClient;
  let founder: InstallationFounder;

  beforeEach(async () => {
    const { connectString: connect } = zookeeper;
    const root = `/tally-${crypto.randomUUID()}`;
    session = new ZooKeeperSession({ connect, root, logger }).start();
    await session.whenConnected(20_000);
    shards = [new FakeShard({}), new FakeShard({})];
    const instances = await Promise.all(
      shards.map(async (shard, number): Promise<ServiceInstance> => {
        say(number);
        return {
          id: `shard-proxy-${number}`,
          service: 'shard-proxy',
          host: '127.0.0.1',
          grpcPort: await shard.listen(),
          adminPort: 1,
          startedAt: '2026-01-01T00:00:00Z',
          version: '1',
          attributes: { shard: String(number) },
        };
      }),
    );
    const source = { instances, onChange: () => () => undefined };
    client = new ServiceClient({
      client: { service: SHARD_PROXY },
      service: 'shard-proxy',
      instances: source,
    });
    const proxies = new ShardProxies({ client, instances: source });
    founder = new InstallationFounder({ session, shards: proxies, logger });
  });
  afterEach(async () => {
    client.close();
    for (const shard of shards) shard.kill();
    await session.close();
  });

  function say(shard: number, more: Partial<shardProxy.GetInstallationResponse> = {}): void {
    const nothing = { id: undefined, topics: [], nodes: [], more: false };
    shards[shard === 0 ? 0 : 1].answers.GetInstallation = () => ({ shard, ...nothing, ...more });
  }
  const ensure = () => founder.ensure([0, 1]);
  const isNamed = async () => (await session.get(INSTALLATION_NODE)) !== undefined;

  it('begins where nothing is anywhere, once', async () => {
    const [one, two] = await Promise.allSettled([ensure(), ensure()]);
    const made = await ensure();
    expect(made).toMatchObject({ kept: { eventTypes: 0, shardMap: 0 } });
    for (const result of [one, two])
      if (result.status === 'fulfilled') expect(result.value).toEqual(made);
    expect([one, two].some(({ status }) => status === 'fulfilled')).toBe(true);
  });

  it('does not begin before every shard has said that it belongs to none', async () => {
    shards[1].kill();
    await expect(ensure()).rejects.toMatchObject({ code: 'unavailable' });
    expect(await isNamed()).toBe(false);
  });

  it('does not begin where ZooKeeper is empty and a shard belongs to one', async () => {
    say(1, { id: ID });
    await expect(ensure()).rejects.toThrow(
      `ZooKeeper is empty, but shard 1 belongs to installation ${ID}: restore it`,
    );
    expect(await isNamed()).toBe(false);
  });

  it('of before ids gets the id of its topic', async () => {
    const topic = { name: `events-${ID}`, partitions: 16, dedupWindowMs: 600_000 };
    await session.create(TOPICS_NODE, Buffer.from(JSON.stringify(topic)));
    say(0, { topics: [topic.name] });
    expect(await ensure()).toMatchObject({ id: ID });
  });
});
