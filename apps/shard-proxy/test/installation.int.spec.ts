import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { EVENT_TYPES_NODE } from '@tally/contracts';
import { lastKeptPath, migrate, readInstallation, readKeptNodes } from '@tally/count-store';
import {
  INSTALLATION_NODE,
  newInstallation,
  SHARD_MAP_NODE,
  ShardMap,
  TOPICS_NODE,
} from '@tally/placement';
import { createLogger } from '@tally/service-kit';
import {
  eventually,
  startPostgres,
  startZooKeeper,
  type PostgresServer,
  type ZooKeeperServer,
} from '@tally/testing';
import { ZooKeeperSession } from '@tally/zookeeper';
import pg from 'pg';
import { InstallationKeeper } from '../src/installation/installation-keeper.js';
import { ShardGuard } from '../src/shard-map/shard-guard.js';

const ID = '0123456789abcdef';
const TOPIC = { name: `events-${ID}`, partitions: 16, dedupWindowMs: 600_000 };
const MAP = ShardMap.even(2).document;
const logger = createLogger(
  'shard-proxy',
  { instance: 'test', logLevel: 'error' },
  { write: () => undefined },
);

describe('a shard and its ZooKeeper', () => {
  let dir: string;
  let zookeeper: ZooKeeperServer;
  let postgres: PostgresServer;
  let session: ZooKeeperSession;
  let pool: pg.Pool;
  const keepers: InstallationKeeper[] = [];

  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), 'tally-installation-'));
    zookeeper = await startZooKeeper({ dir: join(dir, 'zookeeper'), tickTimeMs: 200 });
    postgres = await startPostgres({ dir: join(dir, 'postgres') });
    await migrate(postgres.url);
    pool = new pg.Pool({ connectionString: postgres.url, max: 4 });
    // Idle connections end with the database.
    pool.on('error', () => undefined);
    session = new ZooKeeperSession({
      connect: zookeeper.connectString,
      sessionTimeoutMs: 2000,
      logger,
    }).start();
    await session.whenConnected(20_000);
  }, 120_000);
  afterEach(async () => {
    for (const keeper of keepers.splice(0)) await keeper.close();
    await pool.end();
    await session.close();
    await postgres.process.stop();
    await zookeeper.process.stop();
    rmSync(dir, { recursive: true, force: true });
  }, 60_000);

  function start(shard = 1) {
    const keeper = new InstallationKeeper({ shard, session, pool, logger }).start();
    keepers.push(keeper);
    return { keeper, guard: new ShardGuard(shard, keeper) };
  }

  const write = (path: string, value: unknown) =>
    session.create(path, Buffer.from(JSON.stringify(value)));
  const version = (number: number, of = number) =>
    write(`${EVENT_TYPES_NODE}/${String(number).padStart(10, '0')}`, { of });
  async function configure(id = ID): Promise<void> {
    await write(TOPICS_NODE, TOPIC);
    await write(SHARD_MAP_NODE, MAP);
    for (const number of [1, 2, 3]) await version(number);
    await write(INSTALLATION_NODE, newInstallation(id));
  }
  const installation = async () =>
    JSON.parse((await session.get(INSTALLATION_NODE))?.data.toString() ?? 'null') as unknown;
  const untilKept = (kept: object) =>
    eventually('it is kept', async () => {
      expect(await installation()).toEqual({ id: ID, kept });
      return true;
    });
  const ALL = { topic: TOPIC.name, eventTypes: 3, shardMap: 1 };
  const says = (keeper: InstallationKeeper, sentence: string) =>
    eventually(`it says: ${sentence}`, async () => {
      expect(() => keeper.assertTogether()).toThrow(sentence);
      return true;
    });

  async function emptyZooKeeper(): Promise<void> {
    await zookeeper.process.kill();
    rmSync(join(dir, 'zookeeper', 'data'), { recursive: true });
    await zookeeper.process.start();
    await eventually('ZooKeeper is empty', async () => (await installation()) === null);
  }

  it('belong together from the first time on, and the shard tells what it has a copy of', async () => {
    const { keeper, guard } = start();
    await says(keeper, 'ZooKeeper names no installation yet');
    expect(() => guard.known).toThrow('names no installation yet');
    await configure();
    await untilKept(ALL);
    await eventually('all is well', () => {
      keeper.assertTogether();
      return true;
    });
    expect(guard.known.document).toEqual(MAP);
    expect(await readInstallation(pool)).toEqual({ id: ID, topics: [] });
    await version(4);
    await untilKept({ ...ALL, eventTypes: 4 });
    const nodes = await readKeptNodes(pool, { after: '', to: '~' }, 100);
    expect(nodes.map(({ path }) => path.split('/').at(-1))).toEqual([
      ...['0000000001', '0000000002', '0000000003', '0000000004'],
      ...['shard-map', 'events'],
    ]);
    expect(JSON.parse(nodes[4]?.data ?? '')).toEqual(MAP);
  }, 60_000);

  it('part when ZooKeeper comes back empty: nothing is made, who knows the map goes on, who does not waits', async () => {
    const running = start();
    await configure();
    await untilKept(ALL);
    await emptyZooKeeper();
    const empty = `ZooKeeper is empty, but shard 1 belongs to installation ${ID}: restore it`;
    await says(running.keeper, empty);
    expect(running.guard.known.epoch).toBe(1);
    const restarted = start();
    await says(restarted.keeper, empty);
    expect(() => restarted.guard.known).toThrow(empty);
    expect(await installation()).toBeNull();
    // Restored.
    await configure();
    await untilKept(ALL);
    await eventually('both go on', () => {
      for (const { keeper, guard } of [running, restarted]) {
        keeper.assertTogether();
        expect(guard.known.epoch).toBe(1);
      }
      return true;
    });
  }, 60_000);

  it('part when ZooKeeper is of another installation: the shard takes no map and nothing is kept', async () => {
    const { keeper, guard } = start();
    await configure();
    await untilKept(ALL);
    await emptyZooKeeper();
    const other = 'ffffffffffffffff';
    await configure(other);
    await says(keeper, `ZooKeeper belongs to installation ${other}, but shard 1 to ${ID}`);
    expect(() => guard.known).toThrow(other);
    expect(await installation()).toEqual(newInstallation(other));
    expect(await readInstallation(pool)).toMatchObject({ id: ID });
  }, 60_000);

  it('part when ZooKeeper is older than the copy, or says otherwise, and the copy stays', async () => {
    const { keeper } = start();
    await configure();
    await untilKept(ALL);
    await emptyZooKeeper();
    await write(SHARD_MAP_NODE, MAP);
    await version(1);
    await write(INSTALLATION_NODE, newInstallation(ID));
    await says(keeper, 'event types up to version 1, shard 1 keeps 3');
    await version(2, 99);
    const { keeper: compares } = start();
    await says(compares, 'version 2 of the event types is another in ZooKeeper');
    await session.delete(SHARD_MAP_NODE);
    await says(compares, 'ZooKeeper has no shard map, shard 1 keeps one');
    const last = await lastKeptPath(pool, { after: EVENT_TYPES_NODE, to: `${EVENT_TYPES_NODE}/~` });
    expect(last).toBe(`${EVENT_TYPES_NODE}/0000000003`);
    const nodes = await readKeptNodes(pool, { after: '', to: '~' }, 100);
    expect(nodes[1]?.data).toBe('{"of":2}');
  }, 60_000);
});
