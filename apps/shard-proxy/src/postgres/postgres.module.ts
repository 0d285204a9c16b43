import { Module, type DynamicModule } from '@nestjs/common';
import {
  HealthChecks,
  Lifecycle,
  LOGGER,
  METRICS,
  type Logger,
  type Metrics,
} from '@tally/service-kit';
import pg from 'pg';
import type { ShardProxyConfig } from '../config.js';
import { registerPoolMetrics } from '../metrics.js';

/** The pool of connections to the shard's Postgres: bounded, watched, closed when the process drains. */
@Module({})
export class PostgresModule {
  static with(config: ShardProxyConfig): DynamicModule {
    const pool = {
      provide: pg.Pool,
      inject: [HealthChecks, Lifecycle, LOGGER, METRICS],
      useFactory: (
        health: HealthChecks,
        lifecycle: Lifecycle,
        logger: Logger,
        metrics: Metrics,
      ) => {
        const pool = new pg.Pool({
          connectionString: config.shardUrl,
          max: config.poolSize,
          connectionTimeoutMillis: config.poolWaitMs,
          application_name: `tally-${config.instance}`,
        });
        // An idle connection that breaks is replaced at the next use; it must not end the process.
        pool.on('error', (error) => logger.warn({ error }, 'an idle connection broke'));
        lifecycle.onClose('Postgres pool', () => pool.end());
        registerPoolMetrics(metrics.registry, pool);
        health.add({
          name: 'postgres',
          probe: async () => void (await pool.query('SELECT 1')),
        });
        return pool;
      },
    };
    return { module: PostgresModule, providers: [pool], exports: [pg.Pool] };
  }
}
