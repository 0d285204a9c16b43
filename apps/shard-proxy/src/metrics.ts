import { LongestHolds } from '@tally/resilience';
import { registerLongestHolds } from '@tally/service-kit';
import type pg from 'pg';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export interface ShardMetrics {
  readonly deltas: Counter<'outcome'>;
  readonly rows: Counter;
  readonly refusedSeries: Counter;
  readonly applySeconds: Histogram;
  readonly readSeconds: Histogram<'what'>;
  readonly tablePartitionFailures: Counter;
  readonly longestHolds: LongestHolds;
}

export function shardMetrics(registry: Registry): ShardMetrics {
  const registers = [registry];
  const longestHolds = new LongestHolds();
  registerLongestHolds(registry, 'shard', { rows: 'of an answer, written' }, longestHolds);
  return {
    longestHolds,
    deltas: new Counter({
      name: 'tally_shard_deltas_total',
      help: 'Deltas by outcome: applied, already_applied, overlap, or the code of a failure.',
      labelNames: ['outcome'],
      registers,
    }),
    rows: new Counter({
      name: 'tally_shard_delta_rows_total',
      help: 'Counter rows of applied deltas.',
      registers,
    }),
    refusedSeries: new Counter({
      name: 'tally_shard_refused_series_total',
      help: 'Split series, each time that they were told, that are more than the type allows a subject: they are counted as (other).',
      registers,
    }),
    applySeconds: new Histogram({
      name: 'tally_shard_apply_seconds',
      help: 'Time that Postgres took for a delta, with the wait for a connection and for locks.',
      buckets: SECONDS,
      registers,
    }),
    readSeconds: new Histogram({
      name: 'tally_shard_read_seconds',
      help: 'Time of a read, with the wait for a connection: counters or coverage.',
      labelNames: ['what'],
      buckets: SECONDS,
      registers,
    }),
    tablePartitionFailures: new Counter({
      name: 'tally_shard_table_partition_failures_total',
      help: 'Times that the table partitions of the next days could not be made; tried again each minute.',
      registers,
    }),
  };
}

/** Asked at each scrape; the last value stays while Postgres does not answer. */
export function registerCoverageMetric(registry: Registry, most: () => Promise<number>): void {
  const ranges = new Gauge({
    name: 'tally_shard_coverage_ranges',
    help: 'Ranges in the coverage row that has most; 1 without gaps. From 1000 on deltas become slow.',
    registers: [registry],
    async collect() {
      const value = await most().catch(() => undefined);
      if (value !== undefined) ranges.set(value);
    },
  });
}

export function registerPoolMetrics(
  registry: Registry,
  pools: Readonly<Record<string, pg.Pool>>,
): void {
  const connections = new Gauge({
    name: 'tally_postgres_pool_connections',
    help: 'Connections to the shard by pool (write, read) and state: busy or idle.',
    labelNames: ['pool', 'state'],
    registers: [registry],
    collect() {
      for (const [name, pool] of Object.entries(pools)) {
        connections.set({ pool: name, state: 'busy' }, pool.totalCount - pool.idleCount);
        connections.set({ pool: name, state: 'idle' }, pool.idleCount);
      }
    },
  });
  const waiting = new Gauge({
    name: 'tally_postgres_pool_waiting',
    help: 'Requests that wait for a connection to the shard, by pool.',
    labelNames: ['pool'],
    registers: [registry],
    collect() {
      for (const [name, pool] of Object.entries(pools))
        waiting.set({ pool: name }, pool.waitingCount);
    },
  });
}
