import { EventEmitter } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeCounterRows, encodeDeltaRows, type shardProxy } from '@tally/contracts';
import { migrate } from '@tally/count-store';
import {
  INSTALLATION_NODE,
  newInstallation,
  seriesId,
  SHARD_MAP_NODE,
  ShardMap,
  slotOf,
  type ShardMapDocument,
} from '@tally/placement';
import { createLogger, HealthChecks, Lifecycle, parseConfig } from '@tally/service-kit';
import {
  eventually,
  startPostgres,
  startZooKeeper,
  type PostgresServer,
  type ZooKeeperServer,
} from '@tally/testing';
import { ConfigNode, ZooKeeperSession } from '@tally/zookeeper';
import pg from 'pg';
import { Registry } from 'prom-client';
import { ApplyController } from '../src/apply/apply.controller.js';
import { settings } from '../src/config.js';
import { InstallationKeeper } from '../src/installation/installation-keeper.js';
import { shardMetrics } from '../src/metrics.js';
import { Pools } from '../src/postgres/pools.js';
import { ReadController } from '../src/read/read.controller.js';
import { ShardGuard } from '../src/shard-map/shard-guard.js';
import { ShardStatusController } from '../src/status/shard-status.controller.js';

const SHARD = 1;
const TOPIC = 'events-0123456789abcdef';
const [ours, theirs] = [SHARD, 0].map((shard) => {
  const map = ShardMap.even(2);
  const ids = Array.from({ length: 99 }, (_, index) => seriesId('default', 'view', `s${index}`));
  return ids.find((id) => map.shardOf(slotOf(id)) === shard) ?? Buffer.alloc(0);
}) as [Buffer, Buffer];

const dir = mkdtempSync(join(tmpdir(), 'tally-shard-proxy-'));
const registry = new Registry();
let zookeeper: ZooKeeperServer;
let postgres: PostgresServer;
let session: ZooKeeperSession;
let node: ConfigNode<ShardMapDocument>;
let lifecycle: Lifecycle;
let keeper: InstallationKeeper;
let guard: ShardGuard;
let apply: ApplyController;
let read: ReadController;
let status: ShardStatusController;

beforeAll(async () => {
  zookeeper = await startZooKeeper({ dir: join(dir, 'zookeeper') });
  postgres = await startPostgres({ dir: join(dir, 'postgres') });
  const owner = new pg.Client(postgres.url);
  await owner.connect();
  await owner.query("CREATE ROLE writer LOGIN PASSWORD 'x'");
  await owner.end();
  const shardUrl = Object.assign(new URL(postgres.url), { username: 'writer', password: 'x' }).href;
  await migrate(postgres.url, shardUrl);
  const loaded = parseConfig(settings, {
    TALLY_ADMIN_PORT: '1',
    TALLY_GRPC_PORT: '2',
    TALLY_ZOOKEEPER: zookeeper.connectString,
    TALLY_SHARD: String(SHARD),
    TALLY_SHARD_URL: shardUrl,
    TALLY_LOG_LEVEL: 'error',
  });
  if (loaded.kind === 'invalid') throw new Error(loaded.problems.join(', '));
  const { config } = loaded;
  const logger = createLogger('shard-proxy', config);
  lifecycle = new Lifecycle({ ...config, health: new HealthChecks(), logger });
  const { connectString: connect } = zookeeper;
  session = new ZooKeeperSession({ connect, sessionTimeoutMs: 6000, logger }).start();
  await session.whenConnected(20_000);
  node = new ConfigNode({ session, path: SHARD_MAP_NODE, parse: ShardMap.parseDocument });
  const made = Buffer.from(JSON.stringify(newInstallation('0123456789abcdef')));
  await session.create(INSTALLATION_NODE, made);
  const pools = new Pools(config, logger, lifecycle);
  keeper = new InstallationKeeper({ shard: SHARD, session, pool: pools.write, logger }).start();
  guard = new ShardGuard(SHARD, keeper);
  const metrics = shardMetrics(registry);
  apply = new ApplyController(guard, pools, metrics, logger);
  read = new ReadController(guard, pools, metrics);
  status = new ShardStatusController(guard, pools);
}, 120_000);

afterAll(async () => {
  await keeper?.close();
  await lifecycle?.drain();
  await session?.close();
  await postgres?.process.stop();
  await zookeeper?.process.stop();
  rmSync(dir, { recursive: true, force: true });
}, 60_000);

function request(
  from: number,
  more: Partial<shardProxy.ApplyDeltaRequest> = {},
  series = ours,
): shardProxy.ApplyDeltaRequest {
  const nothing = { valued: 0n, sum: 0n, min: 0n, max: 0n };
  return {
    shard: SHARD,
    epoch: '1',
    ranges: [
      {
        partition: { topic: TOPIC, partition: 0 },
        ranges: [{ from: String(from), to: String(from + 1) }],
      },
    ],
    rows: encodeDeltaRows([{ series, minute: 5, retention: 0, count: 3n, ...nothing }]),
    seriesNames: Buffer.alloc(0),
    splitRules: [],
    ledger: [],
    instants: [],
    dead: [],
    ...more,
  };
}

/** A caller that waits. */
const patient = Object.assign(new EventEmitter(), { cancelled: false });

const coverage = async (epoch: string) => {
  const partitions = [{ topic: TOPIC, partition: 0 }];
  const answer = await read.getCoverage({ shard: SHARD, epoch, partitions });
  return answer.coverage[0]?.ranges;
};

describe('a shard-proxy', () => {
  it('knows nothing before the first shard map', async () => {
    await expect(apply.applyDelta(request(0))).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('applies deltas, tells coverage and reads counters', async () => {
    await node.update(() => ShardMap.even(2).document);
    // A request that knows more than we do makes us look.
    expect(await apply.applyDelta(request(0))).toMatchObject({ outcome: 'APPLY_OUTCOME_APPLIED' });
    expect(await apply.applyDelta(request(0))).toMatchObject({
      outcome: 'APPLY_OUTCOME_ALREADY_APPLIED',
    });
    const wider = request(0);
    const partition = { topic: TOPIC, partition: 0 };
    const ranges = [{ partition, ranges: [{ from: '0', to: '2' }] }];
    expect(await apply.applyDelta({ ...wider, ranges })).toMatchObject({
      outcome: 'APPLY_OUTCOME_OVERLAP',
      uncovered: [{ partition: { topic: TOPIC, partition: 0 }, ranges: [{ from: '1', to: '2' }] }],
    });
    expect(await coverage('1')).toEqual([{ from: '0', to: '1' }]);
    const { rows } = await read.readCounters(
      {
        shard: SHARD,
        epoch: '1',
        seriesIds: ours,
        topics: [],
        fromMinute: '0',
        toMinute: '10',
        granularity: 'GRANULARITY_TOTAL',
        maxRows: 0,
      },
      undefined,
      patient,
    );
    expect(decodeCounterRows(rows)).toMatchObject([{ index: 0, count: 3n }]);
    expect(await status.getShardStatus()).toMatchObject({ shard: SHARD, inRecovery: false });
    const text = await registry.metrics();
    expect(text).toContain('tally_shard_deltas_total{outcome="overlap"} 1');
    expect(text).toContain('tally_shard_delta_rows_total 1');
    const hold = /^tally_shard_longest_hold_seconds\{stage="rows"\} (\S+)$/m.exec(text)?.[1];
    expect(Number(hold)).toBeGreaterThan(0);
  });

  it('refuses what is not for it', async () => {
    const refused = [
      request(7, { shard: 0 }),
      request(7, {}, theirs),
      request(7, { rows: Buffer.from('nonsense') }),
      request(7, { seriesNames: Buffer.concat([theirs, Buffer.alloc(8)]) }),
    ];
    for (const wrong of refused)
      await expect(apply.applyDelta(wrong)).rejects.toMatchObject({ code: 'invalid_argument' });
    await expect(
      read.readCounters(
        {
          shard: SHARD,
          epoch: '1',
          seriesIds: theirs,
          topics: [],
          fromMinute: '0',
          toMinute: '10',
          granularity: 'GRANULARITY_TOTAL',
          maxRows: 0,
        },
        undefined,
        patient,
      ),
    ).rejects.toMatchObject({ code: 'invalid_argument' });
    expect(await coverage('1')).toEqual([{ from: '0', to: '1' }]);
  });

  it('cancels what was asked by a caller that is gone, and no other', async () => {
    const call = Object.assign(new EventEmitter(), { cancelled: false });
    const [blocker, watcher] = [1, 2].map(
      () => new pg.Client({ connectionString: postgres.url }),
    ) as [pg.Client, pg.Client];
    await Promise.all([blocker.connect(), watcher.connect()]);
    await blocker.query('BEGIN');
    // Whoever reads waits for it.
    await blocker.query('LOCK TABLE coverage IN ACCESS EXCLUSIVE MODE');
    const waiting = async () => {
      const { rows } = await watcher.query<{ count: string }>(
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'",
      );
      return Number(rows[0]?.count);
    };
    const question = {
      shard: SHARD,
      epoch: '1',
      seriesIds: ours,
      topics: [{ topic: TOPIC, partitions: 1 }],
      fromMinute: '0',
      toMinute: '10',
      granularity: 'GRANULARITY_TOTAL' as const,
      maxRows: 0,
    };
    const asked = read.readCounters(question, undefined, call);
    const other = read.readCounters(question, undefined, patient);
    await eventually('both wait', async () => (await waiting()) === 2);
    call.emit('cancelled');
    await expect(asked).rejects.toMatchObject({ code: 'deadline_exceeded' });
    expect(await waiting()).toBe(1);
    await blocker.query('ROLLBACK');
    await Promise.all([blocker.end(), watcher.end()]);
    expect(decodeCounterRows((await other).rows)).toMatchObject([{ index: 0, count: 3n }]);
  });

  it('refuses another epoch than that of the shard map, and follows the map', async () => {
    await expect(apply.applyDelta(request(1, { epoch: '2' }))).rejects.toMatchObject({
      code: 'stale_epoch',
    });
    await node.update((current) => ({ ...(current ?? ShardMap.even(2).document), epoch: 2 }));
    await eventually('the new map is known', () => guard.known.epoch === 2);
    await expect(apply.applyDelta(request(1))).rejects.toMatchObject({ code: 'stale_epoch' });
    await expect(coverage('1')).rejects.toMatchObject({ code: 'stale_epoch' });
    expect(await apply.applyDelta(request(1, { epoch: '2' }))).toMatchObject({
      outcome: 'APPLY_OUTCOME_APPLIED',
    });
  });

  it('does not know the outcome when Postgres dies, and settles it by the same delta', async () => {
    // Immediate shutdown ends all of its processes: one that a killed postmaster leaves may still answer.
    postgres.process.signal('SIGQUIT');
    await postgres.process.whenEnded();
    await expect(apply.applyDelta(request(2, { epoch: '2' }))).rejects.toMatchObject({
      code: 'unavailable',
    });
    await postgres.process.start();
    expect(await apply.applyDelta(request(2, { epoch: '2' }))).toMatchObject({
      outcome: 'APPLY_OUTCOME_APPLIED',
    });
    expect(await coverage('2')).toEqual([{ from: '0', to: '3' }]);
  }, 60_000);
});
