import { MAX_LEDGER_HOURS, type shardProxy, TallyError } from '@tally/contracts';
import type pg from 'pg';
import { toTallyError } from '../postgres-errors.js';
import { READ_LEDGER } from './read-ledger.sql.js';

interface Row {
  readonly hour: number;
  readonly counted: string;
  readonly duplicates: string;
  readonly conflicting: string;
  readonly too_late: string;
  readonly dead: string;
  readonly expired: string;
  readonly replayed: string;
}

/** Which hours (since 1970, from inclusive, to exclusive), and of which partition; without: of all. */
export type LedgerQuestion = Pick<
  shardProxy.ReadLedgerRequest,
  'fromHour' | 'toHour' | 'partition'
>;

/**
 * What became of the events that were appended in these hours, by hour. TallyError `out_of_range` for
 * more than MAX_LEDGER_HOURS; `unavailable`, `deadline_exceeded`.
 */
export async function readLedger(
  pool: pg.Pool,
  { fromHour, toHour, partition }: LedgerQuestion,
): Promise<shardProxy.ReadLedgerResponse> {
  if (toHour - fromHour > MAX_LEDGER_HOURS)
    throw new TallyError(
      'out_of_range',
      `expected at most ${MAX_LEDGER_HOURS} hours, got ${toHour - fromHour}`,
    );
  const values = [fromHour, toHour, partition ?? null];
  try {
    const { rows } = await pool.query<Row>({ ...READ_LEDGER, values });
    return { hours: rows.map(entryOf) };
  } catch (error) {
    throw toTallyError('the ledger cannot be read', error);
  }
}

function entryOf({ too_late, ...fates }: Row): shardProxy.LedgerEntry {
  return { ...fates, tooLate: too_late, partition: undefined };
}
