import { type shardProxy, TallyError } from '@tally/contracts';
import { Backoff, keepTrying } from '@tally/resilience';
import type pg from 'pg';
import { fromMultirange } from '../coverage/offset-ranges.js';
import { isTransient, toTallyError } from '../postgres-errors.js';
import { APPLY_DELTA, ENSURE_COVERAGE, type Statement } from './apply-delta.sql.js';
import type { DeadRecord } from '../dead-events/dead-records.js';
import type { Delta } from './delta.js';

/** Writers in each other's way come apart in one or two tries; more means something else. */
const MAX_TRIES = 5;
const FIRST_RETRY_MS = 20;
const MAX_RETRY_MS = 80;

/**
 * What became of a delta; nothing but instants was changed unless it was `applied`. `identity`: which
 * database did it; undefined when none was asked.
 */
export type ApplyResult = { readonly identity?: DatabaseIdentity } & (
  | { readonly kind: 'applied' }
  | { readonly kind: 'already applied' }
  /** For each partition of the delta that has ranges, the parts that are not covered. */
  | { readonly kind: 'overlap'; readonly uncovered: readonly shardProxy.PartitionRanges[] }
);

/** As in ApplyDeltaResponse. */
export interface DatabaseIdentity {
  readonly systemIdentifier: string;
  readonly timelineId: number;
  readonly startedAtMs: string;
}

/**
 * Folds a delta into the counters, once, in one transaction. TallyError `unavailable` or
 * `deadline_exceeded`: the outcome is unknown, and the same delta again settles it.
 * `statement` is for tests that take a protection away.
 */
export async function applyDelta(
  pool: pg.Pool,
  delta: Delta,
  statement: Statement = APPLY_DELTA,
): Promise<ApplyResult> {
  if (delta.partitions.length === 0) return { kind: 'applied' };
  const attempt = async () => {
    try {
      return await applyOnce(pool, delta, statement);
    } catch (error) {
      throw toTallyError('the delta', error);
    }
  };
  return keepTrying(attempt, {
    retryMs: new Backoff({ firstMs: FIRST_RETRY_MS, maxMs: MAX_RETRY_MS }),
    maxTries: MAX_TRIES,
    mayPass: ({ cause }) => isTransient(cause),
  });
}

interface Row extends DatabaseIdentity {
  readonly outcome: 'unknown' | 'applied' | 'already' | 'overlap';
  readonly topic: string;
  readonly partition: number;
  readonly uncovered: string;
}

/** The first delta of a partition finds no row of its coverage, and makes it. */
async function applyOnce(pool: pg.Pool, delta: Delta, statement: Statement): Promise<ApplyResult> {
  const first = await tryOnce(pool, delta, statement);
  if (first !== 'unknown partition') return first;
  await pool.query({ ...ENSURE_COVERAGE, values: partitionsOf(delta) });
  const second = await tryOnce(pool, delta, statement);
  if (second !== 'unknown partition') return second;
  throw new TallyError('unavailable', 'rows of coverage vanished again');
}

async function tryOnce(
  pool: pg.Pool,
  delta: Delta,
  statement: Statement,
): Promise<ApplyResult | 'unknown partition'> {
  const { rows } = await pool.query<Row>({ ...statement, values: valuesOf(delta) });
  const [first] = rows;
  if (first === undefined) throw new Error('expected a verdict, got no row');
  const { outcome, systemIdentifier, timelineId, startedAtMs } = first;
  const identity = { systemIdentifier, timelineId, startedAtMs };
  switch (outcome) {
    case 'applied':
      return { kind: 'applied', identity };
    case 'already':
      return { kind: 'already applied', identity };
    case 'overlap':
      return { kind: 'overlap', identity, uncovered: uncoveredOf(delta, rows) };
    case 'unknown':
      return 'unknown partition';
  }
}

function uncoveredOf({ partitions }: Delta, rows: readonly Row[]): shardProxy.PartitionRanges[] {
  return partitions
    .filter(({ ranges }) => ranges !== '{}')
    .map(({ topic, partition }) => {
      const row = rows.find((other) => other.topic === topic && other.partition === partition);
      return { partition: { topic, partition }, ranges: fromMultirange(row?.uncovered ?? '{}') };
    });
}

function partitionsOf({ partitions }: Delta): unknown[] {
  return [partitions.map(({ topic }) => topic), partitions.map(({ partition }) => partition)];
}

/** In the order of the statement's parameters. */
function valuesOf(delta: Delta): unknown[] {
  const { partitions, ledger, dead } = delta;
  return [
    ...partitionsOf(delta),
    partitions.map(({ ranges }) => ranges),
    partitions.map(({ asOfMs }) => asOfMs),
    partitions.map(({ position }) => position),
    ...rowValuesOf(delta),
    ledger.map(({ partition }) => partition?.topic),
    ledger.map(({ partition }) => partition?.partition),
    ledger.map(({ hour }) => hour),
    ledger.map(({ counted }) => counted),
    ledger.map(({ duplicates }) => duplicates),
    ledger.map(({ tooLate }) => tooLate),
    ledger.map(({ dead }) => dead),
    ledger.map(({ expired }) => expired),
    ledger.map(({ conflicting }) => conflicting),
    ...recordValuesOf(dead),
    dead.map(({ hour }) => hour),
    dead.map(({ indexes }) => indexes),
  ];
}

/** Rows, names and sketches, in the order of the parameters of `ADDING`. */
export function rowValuesOf({
  rows,
  names,
  sketches,
}: Pick<Delta, 'rows' | 'names' | 'sketches'>): unknown[] {
  return [
    rows.series,
    rows.minutes,
    rows.retentions,
    rows.counts,
    rows.valued,
    rows.sums,
    rows.mins,
    rows.maxs,
    rows.slotGroups,
    rows.firstMinute,
    names.ids,
    names.projects,
    names.types,
    names.subjects,
    names.dimensions,
    sketches.series,
    sketches.minutes,
    sketches.retentions,
    sketches.kinds,
    sketches.attributes,
    sketches.data,
  ];
}

/** Records by topic, partition and offset. */
export function recordValuesOf(
  records: readonly Pick<DeadRecord, 'topic' | 'partition' | 'offset'>[],
): unknown[] {
  return [
    records.map(({ topic }) => topic),
    records.map(({ partition }) => partition),
    records.map(({ offset }) => offset),
  ];
}
