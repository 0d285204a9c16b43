import { countSeriesIds, SERIES_ID_BYTES, type shardProxy } from '@tally/contracts';
import { slotOf } from '@tally/placement';
import type pg from 'pg';
import { uuidColumn } from '../binary-arrays.js';
import { toTallyError } from '../postgres-errors.js';
import {
  assertFits,
  clampMinute,
  encodeRows,
  isSketched,
  mostRows,
  refuse,
  sketchValues,
  topicColumns,
  widthOf,
  type AnswerRow,
  type InSteps,
} from './answer-rows.js';
import { READ_COUNTERS, READ_SKETCHES } from './read-counters.sql.js';

type Question = Omit<shardProxy.ReadCountersRequest, 'shard' | 'epoch'>;

/** Asks Postgres for rows: a pool, or what cancels the question when nobody waits for the answer. */
export interface Asker {
  query<R extends unknown[]>(
    question: pg.QueryArrayConfig<unknown[]>,
  ): Promise<{ readonly rows: R[] }>;
}

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
  const withSketches = isSketched(question);
  const values = valuesOf(question, owns);
  if (withSketches) values.push(...sketchValues(question));
  let rows: AnswerRow[];
  try {
    ({ rows } = await asker.query<AnswerRow & unknown[]>({
      text: withSketches ? READ_SKETCHES : READ_COUNTERS,
      values,
      rowMode: 'array',
    }));
  } catch (error) {
    throw toTallyError('counters', error);
  }
  assertFits(rows, question);
  const asOfMs = rows[0]?.[0] ?? undefined;
  return {
    ...(await inSteps(encodeRows(rows, withSketches))),
    ...(asOfMs === undefined ? {} : { asOfMs }),
  };
}

function valuesOf(question: Question, owns: (slot: number) => boolean): unknown[] {
  const { seriesIds: ids } = question;
  const count = countSeriesIds(ids);
  const starts = Uint32Array.from({ length: count }, (_, index) => index * SERIES_ID_BYTES);
  for (const at of starts)
    if (!owns(slotOf(ids, at))) refuse(`slot ${slotOf(ids, at)} is not of this shard`);
  return [
    uuidColumn(ids, starts),
    clampMinute(question.fromMinute),
    clampMinute(question.toMinute),
    widthOf(question),
    ...topicColumns(question),
    mostRows(question) + 1,
  ];
}
