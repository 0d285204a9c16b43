import type { Lifecycle, Logger } from '@tally/service-kit';
import pg from 'pg';
import type { ShardProxyConfig } from '../config.js';

/** What the driver waits longer than Postgres does: for answers that a dead network will not bring. */
const ANSWER_MARGIN_MS = 1000;

/** Connections to the shard's Postgres, those that write apart from those that read. */
export class Pools {
  readonly write: pg.Pool;
  readonly read: pg.Pool;

  constructor(
    private readonly config: ShardProxyConfig,
    private readonly logger: Logger,
    lifecycle: Lifecycle,
  ) {
    const { writePoolSize, writeTimeoutMs, readPoolSize, readTimeoutMs, lockTimeoutMs } = config;
    this.write = this.open('write', writePoolSize, writeTimeoutMs, { lock_timeout: lockTimeoutMs });
    this.read = this.open('read', readPoolSize, readTimeoutMs);
    lifecycle.onClose('Postgres pools', async () => {
      await Promise.all([this.write.end(), this.read.end()]);
    });
  }

  private open(name: string, max: number, timeoutMs: number, more: pg.PoolConfig = {}): pg.Pool {
    const pool = new pg.Pool({
      connectionString: this.config.shardUrl,
      max,
      connectionTimeoutMillis: this.config.poolWaitMs,
      statement_timeout: timeoutMs,
      query_timeout: timeoutMs + ANSWER_MARGIN_MS,
      application_name: `tally-${this.config.instance}-${name}`,
      // Compiling a plan takes longer than any of our statements.
      options: '-c jit=off',
      ...more,
    });
    // An idle connection that breaks is replaced at the next use; it must not end the process.
    pool.on('error', (error) =>
      this.logger.warn({ error, pool: name }, 'an idle connection broke'),
    );
    return pool;
  }
}
