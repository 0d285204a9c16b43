import { MINUTE_MS } from '@tally/contracts';
import pg from 'pg';
import { toTallyError } from '../postgres-errors.js';
import { connected } from '../schema/advisory-lock.js';
import { FORGET_DEAD_EVENTS } from './dead-events.sql.js';

/** Of one transaction. */
const MAX_ROWS = 10_000;
const CONNECT_TIMEOUT_MS = 5000;
const STATEMENT_TIMEOUT_MS = MINUTE_MS;
/** What the driver waits longer than Postgres does: for answers that a dead network will not bring. */
const ANSWER_MARGIN_MS = 5000;

/**
 * Forgets, as the owner of the tables, what the shard was told of dead events more than `keepHours` before
 * the latest hour that its ledger has of their partition: by the clock of the log. Returns the number of
 * records. TallyError: some may be forgotten; ask again. An abort breaks off what is under way.
 */
export async function forgetDeadEvents(
  url: string,
  keepHours: number,
  signal?: AbortSignal,
): Promise<number> {
  const connect = () =>
    new pg.Client({
      connectionString: url,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      statement_timeout: STATEMENT_TIMEOUT_MS,
      query_timeout: STATEMENT_TIMEOUT_MS + ANSWER_MARGIN_MS,
      application_name: 'tally-dead-events',
    });
  const forget = async (client: pg.Client) => {
    for (let records = 0; ;) {
      const { rowCount } = await client.query({
        ...FORGET_DEAD_EVENTS,
        values: [keepHours, MAX_ROWS],
      });
      records += rowCount ?? 0;
      if ((rowCount ?? 0) < MAX_ROWS) return records;
    }
  };
  try {
    return await connected(connect, forget, signal);
  } catch (error) {
    throw toTallyError('dead events', error);
  }
}
