import {
  CounterRowWriter,
  countSeriesIds,
  SERIES_ID_BYTES,
  type shardProxy,
  TallyError,
  windowMinutesOf,
} from '@tally/contracts';
import { slotOf } from '@tally/placement';
import { attributeId } from '@tally/sketches';
import type pg from 'pg';
import { uuidColumn } from '../binary-arrays.js';
import { toTallyError } from '../postgres-errors.js';
import { READ_COUNTERS, READ_SKETCHES } from './read-counters.sql.js';
import { RowSketches, tooManySketches } from './row-sketches.js';

/** 64 bytes each: 12.8 MB, which fits into a message of 16 MiB. */
const MAX_ROWS = 200_000;
/** As they are stored, before they are merged: Postgres writes them as texts of twice as many. */
const MAX_SKETCH_BYTES = 32 << 20;
const MAX_MINUTE = 0x7fffffff;
/** So many rows are written in a step, some tenths of a millisecond. */
const STEP_ROWS = 256;

type Question = Omit<shardProxy.ReadCountersRequest, 'shard' | 'epoch'>;
/** `index`, from 1, is null in the only row when nothing was found. */
type Row = readonly [
  asOfMs: string | null,
  index: string | null,
  startMinute: number,
  count: string,
  valued: string,
  sum: string,
  min: string | null,
  max: string | null,
  uniques?: Buffer | null,
  quantiles?: Buffer | null,
  areSketchesTooLarge?: boolean,
];

/** Asks Postgres for rows: a pool, or what cancels the question when nobody waits for the answer. */
export interface Asker {
  query<R extends unknown[]>(
    question: pg.QueryArrayConfig<unknown[]>,
  ): Promise<{ readonly rows: R[] }>;
}

/** Takes the steps of long work one after the other, with pauses for others. */
export type InSteps = <Result>(steps: Iterator<unknown, Result>) => Promise<Result>;

/**
 * Windows of series in UTC, with the instant to which they are complete, in one snapshot. TallyError
 * `invalid_argument`, `payload_too_large` when there are too many windows, `unavailable` or
 * `deadline_exceeded` when Postgres does not answer.
 */
export async function readCounters(
  asker: Asker,
  question: Question,
  owns: (slot: number) => boolean,
  inSteps: InSteps,
): Promise<shardProxy.ReadCountersResponse> {
  const isSketched = question.uniqueAttribute !== undefined || question.quantiles === true;
  const values = valuesOf(question, owns);
  if (isSketched) values.push(...sketchValuesOf(question));
  let rows: Row[];
  try {
    ({ rows } = await asker.query<Row & unknown[]>({
      text: isSketched ? READ_SKETCHES : READ_COUNTERS,
      values,
      rowMode: 'array',
    }));
  } catch (error) {
    throw toTallyError('counters', error);
  }
  const maxRows = mostRows(question);
  if (rows.length > maxRows)
    throw new TallyError(
      'payload_too_large',
      `more than ${maxRows} windows: ask for fewer series, less time or a coarser granularity`,
    );
  if (rows[0]?.[10] === true) throw tooManySketches(MAX_SKETCH_BYTES);
  const asOfMs = rows[0]?.[0] ?? undefined;
  return {
    ...(await inSteps(encode(rows, isSketched))),
    ...(asOfMs === undefined ? {} : { asOfMs }),
  };
}

function sketchValuesOf({ uniqueAttribute, quantiles = false }: Question): unknown[] {
  const attribute = uniqueAttribute === undefined ? null : String(attributeId(uniqueAttribute));
  return [attribute, quantiles, MAX_SKETCH_BYTES];
}

function valuesOf(question: Question, owns: (slot: number) => boolean): unknown[] {
  const { seriesIds: ids } = question;
  const count = countSeriesIds(ids);
  const starts = Uint32Array.from({ length: count }, (_, index) => index * SERIES_ID_BYTES);
  for (const at of starts)
    if (!owns(slotOf(ids, at))) refuse(`slot ${slotOf(ids, at)} is not of this shard`);
  const windowMinutes = windowMinutesOf(question.granularity);
  if (windowMinutes === undefined) refuse(`expected a granularity, got ${question.granularity}`);
  const { topics } = question;
  if (new Set(topics.map(({ topic }) => topic)).size < topics.length) refuse('a topic comes twice');
  return [
    uuidColumn(ids, starts),
    clamp(question.fromMinute),
    clamp(question.toMinute),
    // A total is one window as wide as time.
    Math.min(windowMinutes, MAX_MINUTE),
    topics.map(({ topic }) => topic),
    topics.map(({ partitions }) => partitions),
    mostRows(question) + 1,
  ];
}

function mostRows({ maxRows }: Question): number {
  return maxRows > 0 ? Math.min(maxRows, MAX_ROWS) : MAX_ROWS;
}

/** Before 1970 and after the year 6000 there is nothing. */
function clamp(minute: string): number {
  return Math.max(0, Math.min(MAX_MINUTE, Number(minute)));
}

function* encode(
  rows: readonly Row[],
  isSketched: boolean,
): Generator<undefined, Pick<shardProxy.ReadCountersResponse, 'rows' | 'sketches'>> {
  // Nothing was found: the only row says up to when.
  const isNothing = rows.length === 1 && rows[0]?.[1] === null;
  const found = isNothing ? [] : rows;
  const writer = new CounterRowWriter(found.length);
  const sketches = isSketched ? new RowSketches() : undefined;
  for (const [at, row] of found.entries()) {
    const [, index, startMinute, count, valued, sum, min, max, uniques, quantiles] = row;
    writer.add({
      index: Number(index) - 1,
      startMinute: BigInt(startMinute),
      count: BigInt(count),
      valued: BigInt(valued),
      sum: BigInt(sum),
      min: BigInt(min ?? 0),
      max: BigInt(max ?? 0),
    });
    if (sketches !== undefined) yield* sketches.add(uniques ?? null, quantiles ?? null);
    if (at % STEP_ROWS === STEP_ROWS - 1) yield;
  }
  return { rows: writer.bytes, ...(sketches === undefined ? {} : { sketches: sketches.finish() }) };
}

function refuse(problem: string): never {
  throw new TallyError('invalid_argument', problem);
}
