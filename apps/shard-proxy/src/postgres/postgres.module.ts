import { Module, type DynamicModule } from '@nestjs/common';
import { makeTablePartitions, migrate, mostRanges } from '@tally/count-store';
import { keepTrying, within } from '@tally/resilience';
import {
  HealthChecks,
  Lifecycle,
  LOGGER,
  METRICS,
  type Logger,
  type Metrics,
} from '@tally/service-kit';
import type { ShardProxyConfig } from '../config.js';
import { deadEventRetention } from '../dead-events/dead-event-retention.js';
import { registerCoverageMetric, registerPoolMetrics, shardMetrics } from '../metrics.js';
import { TablePartitionKeeper } from '../table-partitions/table-partition-keeper.js';
import { Pools } from './pools.js';

const START_RETRY_MS = 1000;
/** How long the start waits for table partitions: they take a second, unless a huge DEFAULT is scanned. */
const FIRST_PARTITIONS_MS = 30_000;
export const SHARD_METRICS = Symbol('shard metrics');

/** The shard's Postgres: its schema and table partitions are there before anything is served. */
@Module({})
export class PostgresModule {
  static with(config: ShardProxyConfig): DynamicModule {
    const metrics = {
      provide: SHARD_METRICS,
      inject: [METRICS],
      useFactory: ({ registry }: Metrics) => shardMetrics(registry),
    };
    const pools = {
      provide: Pools,
      inject: [HealthChecks, Lifecycle, LOGGER, METRICS],
      useFactory: (
        health: HealthChecks,
        lifecycle: Lifecycle,
        logger: Logger,
        { registry }: Metrics,
      ) => {
        const pools = new Pools(config, logger, lifecycle);
        const { write, read } = pools;
        registerPoolMetrics(registry, { write, read });
        registerCoverageMetric(registry, () => mostRanges(read));
        health.add({ name: 'postgres', probe: async () => void (await read.query('SELECT 1')) });
        return pools;
      },
    };
    const tablePartitions = {
      provide: TablePartitionKeeper,
      inject: [HealthChecks, Lifecycle, LOGGER, SHARD_METRICS],
      useFactory: async (
        health: HealthChecks,
        lifecycle: Lifecycle,
        logger: Logger,
        { tablePartitionFailures }: ReturnType<typeof shardMetrics>,
      ) => {
        // Postgres may come after us: not ready until it does. What waiting does not mend ends the start.
        const ownerUrl = config.migrationUrl === '' ? config.shardUrl : config.migrationUrl;
        const { role, excess } = await keepTrying(() => migrate(ownerUrl, config.shardUrl), {
          retryMs: START_RETRY_MS,
          onFailure: (error) => logger.warn({ error }, 'waiting for Postgres'),
        });
        if (excess !== undefined)
          logger.warn({ role }, `the role of TALLY_SHARD_URL ${excess}: it needs only to count`);
        const keeper = new TablePartitionKeeper({
          make: (nowMs, signal) => makeTablePartitions(ownerUrl, nowMs, signal),
          now: Date.now,
          logger,
          failures: tablePartitionFailures,
        });
        health.add({
          name: 'table partitions',
          required: false,
          probe: async () => keeper.check(),
        });
        lifecycle.onClose('table partition keeper', () => keeper.stop());
        const deadEvents = deadEventRetention(ownerUrl, config.deadEventKeepMs, logger);
        deadEvents.start();
        lifecycle.onClose('retention of dead events', () => deadEvents.stop());
        // Later tries go on without us: until then rows lie in DEFAULT.
        await within(FIRST_PARTITIONS_MS, keeper.start());
        return keeper;
      },
    };
    return {
      module: PostgresModule,
      providers: [metrics, pools, tablePartitions],
      exports: [SHARD_METRICS, Pools],
    };
  }
}
