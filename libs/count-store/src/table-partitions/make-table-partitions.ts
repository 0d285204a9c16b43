import { MINUTE_MS } from '@tally/contracts';
import { keepTrying } from '@tally/resilience';
import pg from 'pg';
import { toTallyError } from '../postgres-errors.js';
import { connected, holdingLock } from '../schema/advisory-lock.js';
import {
  RETENTION_CLASS_TABLES,
  madeThrough,
  missingRanges,
  tomorrow,
  type RetentionClassTable,
  type MinuteRange,
} from './time-ranges.js';

/** Writers queue behind us while we wait for a lock: not longer than this, then we step back. */
const LOCK_TIMEOUT_MS = 200;
const MAX_TRIES = 50;
const RETRY_MS = 100;
const CONNECT_TIMEOUT_MS = 5000;

/** What was done. */
export interface TablePartitionReport {
  /** Names of those made. */
  readonly made: readonly string[];
  /** Those that could not be: DEFAULT holds rows of their time, and goes on holding them. */
  readonly left: readonly string[];
  /** In every retention class each minute from tomorrow up to this one has one. */
  readonly throughMinute: number;
}

/**
 * Makes the table partitions of tomorrow and the days after it that are missing. Several processes may ask
 * at once. No statement blocks writers for longer than LOCK_TIMEOUT_MS, and none scans while it does.
 * TallyError `unavailable` or `deadline_exceeded`: some may have been made; ask again.
 */
export async function makeTablePartitions(
  url: string,
  nowMs: number,
): Promise<TablePartitionReport> {
  const connect = () =>
    new pg.Client({
      connectionString: url,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      application_name: 'tally-table-partitions',
    });
  try {
    return await connected(connect, (client) =>
      holdingLock(client, 'tablePartitions', () => makeAll(client, nowMs)),
    );
  } catch (error) {
    throw toTallyError('table partitions', error);
  }
}

/** On a connection that holds the lock. */
export async function makeAll(client: pg.Client, nowMs: number): Promise<TablePartitionReport> {
  const made: string[] = [];
  const left: string[] = [];
  let throughMinute = Infinity;
  for (const table of RETENTION_CLASS_TABLES) {
    const existing = await rangesOf(client, table);
    for (const range of missingRanges(existing, table.widthDays, nowMs)) {
      const partition = nameOf(table, range);
      if (await makeOne(client, table, partition, range)) {
        made.push(partition);
        existing.push(range);
      } else left.push(partition);
    }
    throughMinute = Math.min(throughMinute, madeThrough(existing, tomorrow(nowMs)));
  }
  return { made, left, throughMinute };
}

/** The day on which it begins, e.g. `minute_counters_7d_20261125`. */
function nameOf({ name }: RetentionClassTable, { from }: MinuteRange): string {
  return `${name}_${new Date(from * MINUTE_MS).toISOString().slice(0, 10).replaceAll('-', '')}`;
}

async function rangesOf(client: pg.Client, { name }: RetentionClassTable): Promise<MinuteRange[]> {
  const { rows } = await client.query<{ bound: string }>(
    `SELECT pg_get_expr(c.relpartbound, c.oid) AS bound
     FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
     WHERE i.inhparent = $1::regclass`,
    [name],
  );
  return rows.flatMap(({ bound }) => {
    const [, from, to] = /FROM \('?(\d+)'?\) TO \('?(\d+)'?\)/.exec(bound) ?? [];
    return from === undefined ? [] : [{ from: Number(from), to: Number(to) }];
  });
}

/**
 * False when DEFAULT holds rows of the range. Three steps, each a short transaction:
 * 1. A CHECK on DEFAULT that excludes the range, NOT VALID: needs the table for a moment, no scan.
 *    Until step 3 a row of the range is refused (23514), and its writer tries again.
 * 2. It is validated: a scan, but writers go on meanwhile.
 * 3. The table partition is attached. Postgres sees that the CHECK excludes its rows from DEFAULT and does
 *    not scan; then the bounds say the same and the CHECK goes.
 */
async function makeOne(
  client: pg.Client,
  { name }: RetentionClassTable,
  partition: string,
  { from, to }: MinuteRange,
): Promise<boolean> {
  const checked = `${name}_default`;
  const drop = `ALTER TABLE ${checked} DROP CONSTRAINT IF EXISTS excludes_next`;
  await briefly(client, [
    drop,
    `ALTER TABLE ${checked} ADD CONSTRAINT excludes_next
     CHECK (start_minute < ${from} OR start_minute >= ${to}) NOT VALID`,
  ]);
  try {
    await client.query(`ALTER TABLE ${checked} VALIDATE CONSTRAINT excludes_next`);
  } catch (error) {
    if (!hasState(error, CHECK_VIOLATION)) throw error;
    await briefly(client, [drop]);
    return false;
  }
  await briefly(client, [
    `CREATE TABLE ${partition} (LIKE ${name} INCLUDING ALL) WITH (fillfactor = 80)`,
    `ALTER TABLE ${name} ATTACH PARTITION ${partition} FOR VALUES FROM (${from}) TO (${to})`,
    drop,
  ]);
  return true;
}

const CHECK_VIOLATION = '23514';
const LOCK_NOT_AVAILABLE = '55P03';
const DEADLOCK = '40P01';

/** One transaction that gives way when it does not get its locks at once, and comes again. */
async function briefly(client: pg.Client, statements: readonly string[]): Promise<void> {
  const transaction = [
    'BEGIN',
    `SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS}`,
    ...statements,
    'COMMIT',
  ];
  const attempt = async () => {
    try {
      await client.query(transaction.join(';\n'));
    } catch (error) {
      await client.query('ROLLBACK');
      throw toTallyError('table partitions', error);
    }
  };
  const mayPass = ({ cause }: Error) =>
    hasState(cause, LOCK_NOT_AVAILABLE) || hasState(cause, DEADLOCK);
  await keepTrying(attempt, { retryMs: RETRY_MS, maxTries: MAX_TRIES, mayPass });
}

function hasState(error: unknown, state: string): boolean {
  return error instanceof pg.DatabaseError && error.code === state;
}
