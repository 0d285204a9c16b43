import pg from 'pg';
import { until } from './until.js';

/** Any number: the database is ours. */
const LOCK = 4711;
const WAITING = `SELECT count(*)::int AS count FROM pg_locks
  WHERE locktype = 'advisory' AND objid = ${LOCK} AND NOT granted`;

/**
 * A gate before the coverage of a shard, in its Postgres: who reads it is let through, who flushes waits,
 * gets through or gets an error, as a test wants it.
 */
export class FlushGate {
  private constructor(private readonly client: pg.Client) {}

  /** Open. */
  static async build(url: string): Promise<FlushGate> {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5000 });
    // A server that is killed breaks the connection; the query that needs it says so.
    client.on('error', () => undefined);
    await client.connect();
    const gate = new FlushGate(client);
    await gate.open();
    await client.query(`CREATE TRIGGER tally_gate BEFORE UPDATE ON coverage
      FOR EACH STATEMENT EXECUTE FUNCTION tally_gate()`);
    return gate;
  }

  /** Who flushes gets an error of that SQLSTATE. */
  refuse(state: string): Promise<void> {
    return this.answer(`RAISE EXCEPTION 'something odd' USING ERRCODE = '${state}'`);
  }

  /** Who flushes waits until the next `release`. */
  async hold(): Promise<void> {
    await this.client.query(`SELECT pg_advisory_lock(${LOCK})`);
    await this.answer(`PERFORM pg_advisory_xact_lock_shared(${LOCK})`);
  }

  /** Resolves when somebody waits who flushes. */
  async waiting(): Promise<void> {
    await until('somebody flushes', async () => {
      const { rows } = await this.client.query<{ readonly count: number }>(WAITING);
      return (rows[0]?.count ?? 0) > 0;
    });
  }

  /** Who waits goes on. */
  async release(): Promise<void> {
    await this.client.query(`SELECT pg_advisory_unlock(${LOCK})`);
  }

  open(): Promise<void> {
    return this.answer('NULL');
  }

  /** Also who waits goes on. */
  async remove(): Promise<void> {
    await this.client.query('SELECT pg_advisory_unlock_all()');
    await this.client.query('DROP TRIGGER tally_gate ON coverage; DROP FUNCTION tally_gate()');
    await this.client.end();
  }

  private async answer(statement: string): Promise<void> {
    await this.client.query(
      `CREATE OR REPLACE FUNCTION tally_gate() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN ${statement}; RETURN NULL; END $$`,
    );
  }
}
