import { TallyError } from '@tally/contracts';
import type { Asker } from '@tally/count-store';
import type { Lifecycle, Logger } from '@tally/service-kit';
import pg from 'pg';
import type { ShardProxyConfig } from '../config.js';

/** What the driver waits longer than Postgres does: for answers that a dead network will not bring. */
const ANSWER_MARGIN_MS = 1000;

/** Connections to the shard's Postgres, those that write apart from those that read. */
export class Pools {
  readonly write: pg.Pool;
  readonly read: pg.Pool;
  /** Process ids in Postgres. */
  private readonly backends = new WeakMap<pg.PoolClient, Promise<number | undefined>>();

  constructor(
    private readonly config: ShardProxyConfig,
    private readonly logger: Logger,
    lifecycle: Lifecycle,
  ) {
    const { writePoolSize, writeTimeoutMs, readPoolSize, readTimeoutMs, lockTimeoutMs } = config;
    this.write = this.open('write', writePoolSize, writeTimeoutMs, { lock_timeout: lockTimeoutMs });
    this.read = this.open('read', readPoolSize, readTimeoutMs);
    this.read.on('connect', (client) => this.backends.set(client, backendOf(client)));
    lifecycle.onClose('Postgres pools', async () => {
      await Promise.all([this.write.end(), this.read.end()]);
    });
  }

  /**
   * Asks on connections for reads. When the caller goes, what was asked is cancelled: nobody waits for
   * it, and it would hold its connection until its timeout.
   */
  readFor(gone: AbortSignal): Asker {
    return {
      query: <R extends unknown[]>(question: pg.QueryArrayConfig<unknown[]>) =>
        this.ask(gone, (client) => client.query<R>(question)),
    };
  }

  private async ask<T>(gone: AbortSignal, ask: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    const client = await this.read.connect();
    let cancelling: Promise<void> | undefined;
    const cancel = () => {
      cancelling = this.cancel(client);
    };
    gone.addEventListener('abort', cancel, { once: true });
    try {
      if (gone.aborted) throw new TallyError('deadline_exceeded', 'the caller is gone');
      const answer = await ask(client);
      await cancelling;
      client.release();
      return answer;
    } catch (error) {
      await cancelling;
      // As the pool does with a connection whose query failed.
      client.release(true);
      throw error;
    } finally {
      gone.removeEventListener('abort', cancel);
    }
  }

  /** On another connection, as Postgres wants it. Not done, it ends with the timeout. */
  private async cancel(client: pg.PoolClient): Promise<void> {
    try {
      await this.write.query('SELECT pg_cancel_backend($1::int4)', [
        await this.backends.get(client),
      ]);
    } catch (error) {
      this.logger.warn({ error }, 'a read whose caller is gone could not be cancelled');
    }
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

/** Asked before anything else on a connection, while nothing can be cancelled. undefined: it broke. */
async function backendOf(client: pg.PoolClient): Promise<number | undefined> {
  try {
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    return rows[0]?.pid;
  } catch {
    return undefined;
  }
}
