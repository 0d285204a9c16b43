import { CounterRowWriter, TallyError, windowMinutesOf, type shardProxy } from '@tally/contracts';

/** 64 bytes each: 12.8 MB, which fits into a message of 16 MiB. */
const MAX_ROWS = 200_000;
const MAX_MINUTE = 0x7fffffff;
/** So many rows are written in a step, some tenths of a millisecond. */
const STEP_ROWS = 256;

/** `index`, from 1, is null in the only row when nothing was found. */
export type AnswerRow = readonly [
  asOfMs: string | null,
  index: string | null,
  startMinute: number,
  count: string,
  valued: string,
  sum: string,
  min: string | null,
  max: string | null,
];

/** Takes the steps of long work one after the other, with pauses for others. */
export type InSteps = <Result>(steps: Iterator<unknown, Result>) => Promise<Result>;

/** What all questions for counters ask. */
export type Range = Pick<
  shardProxy.ReadCountersRequest,
  'fromMinute' | 'toMinute' | 'granularity' | 'topics' | 'maxRows'
>;

/** As many rows as an answer may have; TallyError `payload_too_large` for more. */
export function assertFits(rows: readonly unknown[], question: Range): void {
  const maxRows = mostRows(question);
  if (rows.length > maxRows)
    throw new TallyError(
      'payload_too_large',
      `more than ${maxRows} windows: ask for fewer series, less time or a coarser granularity`,
    );
}

export function mostRows({ maxRows }: Range): number {
  return maxRows > 0 ? Math.min(maxRows, MAX_ROWS) : MAX_ROWS;
}

/** Before 1970 and after the year 6000 there is nothing. */
export function clampMinute(minute: string): number {
  return Math.max(0, Math.min(MAX_MINUTE, Number(minute)));
}

/** Width of the windows; a total is one window as wide as time. */
export function widthOf({ granularity }: Range): number {
  const windowMinutes = windowMinutesOf(granularity);
  if (windowMinutes === undefined) refuse(`expected a granularity, got ${granularity}`);
  return Math.min(windowMinutes, MAX_MINUTE);
}

/** The topics that an instant must cover, and how many partitions each has, as parameters. */
export function topicColumns({ topics }: Range): [topics: string[], partitions: number[]] {
  if (new Set(topics.map(({ topic }) => topic)).size < topics.length) refuse('a topic comes twice');
  return [topics.map(({ topic }) => topic), topics.map(({ partitions }) => partitions)];
}

/** Counter rows, see docs/formats/counter-rows.md, in steps. */
export function* encodeRows(rows: readonly AnswerRow[]): Generator<undefined, Buffer> {
  // Nothing was found: the only row says up to when.
  const isNothing = rows.length === 1 && rows[0]?.[1] === null;
  const writer = new CounterRowWriter(isNothing ? 0 : rows.length);
  if (isNothing) return writer.bytes;
  for (const [at, [, index, startMinute, count, valued, sum, min, max]] of rows.entries()) {
    writer.add({
      index: Number(index) - 1,
      startMinute: BigInt(startMinute),
      count: BigInt(count),
      valued: BigInt(valued),
      sum: BigInt(sum),
      min: BigInt(min ?? 0),
      max: BigInt(max ?? 0),
    });
    if (at % STEP_ROWS === STEP_ROWS - 1) yield;
  }
  return writer.bytes;
}

/** TallyError `invalid_argument`. */
export function refuse(problem: string): never {
  throw new TallyError('invalid_argument', problem);
}
