import { encodeCounterRows, type shardProxy, TallyError } from '@tally/contracts';
import { slotOf } from '@tally/placement';
import type pg from 'pg';
import { binaryColumn } from '../binary-arrays.js';
import { toTallyError } from '../postgres-errors.js';
import { READ_COUNTERS } from './read-counters.sql.js';

const SERIES_BYTES = 16;
/** A request of 1.6 MB; more are asked in several. */
export const MAX_SERIES = 100_000;
/** 64 bytes each: 12.8 MB, which fits into a message of 16 MiB. */
const MAX_ROWS = 200_000;
const MAX_MINUTE = 0x7fffffff;

/** Width of a window in minutes. */
const WINDOW_MINUTES: Readonly<Record<shardProxy.Granularity, number | undefined>> = {
  GRANULARITY_UNSPECIFIED: undefined,
  GRANULARITY_MINUTE: 1,
  GRANULARITY_HOUR: 60,
  GRANULARITY_DAY: 1440,
  GRANULARITY_TOTAL: MAX_MINUTE,
};

type Question = Omit<shardProxy.ReadCountersRequest, 'shard' | 'epoch'>;
/** place, from 1, is null in the only row when nothing was found. */
type Row = readonly [
  asOfMs: string | null,
  place: string | null,
  startMinute: number,
  count: string,
  valued: string,
  sum: string,
  min: string | null,
  max: string | null,
];

/**
 * Windows of series in UTC, with the instant to which they are complete, in one snapshot. TallyError
 * `invalid_argument`, `payload_too_large` when there are too many windows, `unavailable` or
 * `deadline_exceeded` when Postgres does not answer.
 */
export async function readCounters(
  pool: pg.Pool,
  question: Question,
  owns: (slot: number) => boolean,
): Promise<shardProxy.ReadCountersResponse> {
  const values = valuesOf(question, owns);
  let rows: Row[];
  try {
    ({ rows } = await pool.query<Row & unknown[]>({
      text: READ_COUNTERS,
      values,
      rowMode: 'array',
    }));
  } catch (error) {
    throw toTallyError('counters', error);
  }
  if (rows.length > MAX_ROWS)
    throw new TallyError(
      'payload_too_large',
      `more than ${MAX_ROWS} windows: ask for fewer series, less time or a coarser granularity`,
    );
  const asOfMs = rows[0]?.[0] ?? undefined;
  return { rows: encode(rows), ...(asOfMs === undefined ? {} : { asOfMs }) };
}

function valuesOf(question: Question, owns: (slot: number) => boolean): unknown[] {
  const series = Buffer.from(
    question.series.buffer,
    question.series.byteOffset,
    question.series.length,
  );
  const count = series.length / SERIES_BYTES;
  if (!Number.isInteger(count) || count > MAX_SERIES)
    refuse(`expected at most ${MAX_SERIES} series ids of 16 bytes, got ${series.length} bytes`);
  for (let at = 0; at < series.length; at += SERIES_BYTES)
    if (!owns(slotOf(series, at))) refuse(`slot ${slotOf(series, at)} is not of this shard`);
  const window = WINDOW_MINUTES[question.granularity];
  if (window === undefined) refuse(`expected a granularity, got ${question.granularity}`);
  const { topics } = question;
  if (new Set(topics.map(({ topic }) => topic)).size < topics.length) refuse('a topic comes twice');
  return [
    binaryColumn(series, { first: 0, width: SERIES_BYTES, count }, { type: 'uuid', at: 0 }),
    clamp(question.fromMinute),
    clamp(question.toMinute),
    window,
    topics.map(({ topic }) => topic),
    topics.map(({ partitions }) => partitions),
    MAX_ROWS + 1,
  ];
}

/** Before 1970 and after the year 6000 there is nothing. */
function clamp(minute: string): number {
  return Math.max(0, Math.min(MAX_MINUTE, Number(minute)));
}

function encode(rows: readonly Row[]): Buffer {
  const found = rows.flatMap(([, place, startMinute, count, valued, sum, min, max]) =>
    place === null
      ? []
      : [
          {
            place: Number(place) - 1,
            startMinute: BigInt(startMinute),
            count: BigInt(count),
            valued: BigInt(valued),
            sum: BigInt(sum),
            min: BigInt(min ?? 0),
            max: BigInt(max ?? 0),
          },
        ],
  );
  return encodeCounterRows(found);
}

function refuse(problem: string): never {
  throw new TallyError('invalid_argument', problem);
}
