import { MINUTE_MS, TallyError } from '@tally/contracts';
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
/** Nor for longer than this once we have it: attaching takes milliseconds, unless it scans after all. */
const LOCKED_TIMEOUT_MS = 5000;
const MAX_TRIES = 50;
const RETRY_MS = 100;
const CONNECT_TIMEOUT_MS = 5000;
/** Another process makes them meanwhile; then they are asked for again. */
const TURN_TIMEOUT_MS = 30_000;
/**
 * The longest statement reads one DEFAULT: minutes where it is huge. One that hangs must end, as
 * rows of the range that it makes are refused until then.
 */
const STATEMENT_TIMEOUT_MS = 5 * MINUTE_MS;
/** What the driver waits longer than Postgres does: for answers that a dead network will not bring. */
const ANSWER_MARGIN_MS = 5000;

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
 * at once. No statement blocks writers for longer than LOCK_TIMEOUT_MS while it waits, and none scans while it does.
 * However it ends, also killed, at the latest the next call begins with mending what is left of it.
 * TallyError `unavailable` or `deadline_exceeded`: some may have been made; ask again. An abort breaks
 * off what is under way, as if Postgres had gone.
 */
export async function makeTablePartitions(
  url: string,
  nowMs: number,
  signal?: AbortSignal,
): Promise<TablePartitionReport> {
  const connect = () =>
    new pg.Client({
      connectionString: url,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      lock_timeout: TURN_TIMEOUT_MS,
      statement_timeout: STATEMENT_TIMEOUT_MS,
      query_timeout: STATEMENT_TIMEOUT_MS + ANSWER_MARGIN_MS,
      application_name: 'tally-table-partitions',
    });
  try {
    return await connected(
      connect,
      (client) => holdingLock(client, 'tablePartitions', () => makeAll(client, nowMs)),
      signal,
    );
  } catch (error) {
    throw toTallyError('table partitions', error);
  }
}

/** On a connection that holds the lock. */
export async function makeAll(client: pg.Client, nowMs: number): Promise<TablePartitionReport> {
  await dropLeftOver(client);
  return makeMissing(client, nowMs);
}

/**
 * Who was killed between the steps of `makeOne` leaves its CHECK, and rows of that time would be
 * refused for as long as it stands.
 */
async function dropLeftOver(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ checked: string }>(
    `SELECT conrelid::regclass::text AS checked FROM pg_constraint
     WHERE conname = $1 AND conrelid = ANY($2::regclass[])`,
    [CHECK, RETENTION_CLASS_TABLES.map(defaultOf)],
  );
  for (const { checked } of rows) await briefly(client, [dropCheck(checked)]);
}

/** Without a look at what an earlier call left. */
export async function makeMissing(client: pg.Client, nowMs: number): Promise<TablePartitionReport> {
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
  table: RetentionClassTable,
  partition: string,
  { from, to }: MinuteRange,
): Promise<boolean> {
  const { name } = table;
  const checked = defaultOf(table);
  await briefly(client, [
    dropCheck(checked),
    `ALTER TABLE ${checked} ADD CONSTRAINT ${CHECK}
     CHECK (start_minute < ${from} OR start_minute >= ${to}) NOT VALID`,
  ]);
  try {
    await client.query(`ALTER TABLE ${checked} VALIDATE CONSTRAINT ${CHECK}`);
    await briefly(client, [
      `CREATE TABLE ${partition} (LIKE ${name} INCLUDING ALL) WITH (fillfactor = 80)`,
      `ALTER TABLE ${name} ATTACH PARTITION ${partition} FOR VALUES FROM (${from}) TO (${to})`,
      dropCheck(checked),
    ]);
    return true;
  } catch (error) {
    // Where Postgres does not answer, and where it cannot be done now, the next call does it.
    if (stateOf(error) !== undefined)
      await briefly(client, [dropCheck(checked)]).catch(() => undefined);
    if (stateOf(error) === CHECK_VIOLATION) return false;
    throw error;
  }
}

function defaultOf({ name }: RetentionClassTable): string {
  return `${name}_default`;
}

/** Of a DEFAULT, while a table partition is made. */
const CHECK = 'excludes_next';

function dropCheck(table: string): string {
  return `ALTER TABLE ${table} DROP CONSTRAINT IF EXISTS ${CHECK}`;
}

const CHECK_VIOLATION = '23514';
const LOCK_NOT_AVAILABLE = '55P03';
const DEADLOCK = '40P01';

/** One transaction that gives way when it does not get its locks at once, and comes again. */
async function briefly(client: pg.Client, statements: readonly string[]): Promise<void> {
  const transaction = [
    'BEGIN',
    `SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS}`,
    `SET LOCAL statement_timeout = ${LOCKED_TIMEOUT_MS}`,
    ...statements,
    'COMMIT',
  ];
  const attempt = async () => {
    try {
      await client.query(transaction.join(';\n'));
    } catch (error) {
      // A connection that broke has done so, and has its reason.
      await client.query('ROLLBACK').catch(() => undefined);
      throw toTallyError('table partitions', error);
    }
  };
  const mayPass = (error: Error) =>
    stateOf(error) === LOCK_NOT_AVAILABLE || stateOf(error) === DEADLOCK;
  await keepTrying(attempt, { retryMs: RETRY_MS, maxTries: MAX_TRIES, mayPass });
}

/** What Postgres said, if it did. */
function stateOf(error: unknown): string | undefined {
  if (error instanceof TallyError) return stateOf(error.cause);
  return error instanceof pg.DatabaseError ? error.code : undefined;
}
