import { CounterRows, TallyError, type CounterRow } from '@tally/contracts';
import { AnswerEntries } from '@tally/sketches';
import { writeFigures, type AskedFigures } from './figures.js';
import type { Plan } from './plan-question.js';

/** So many rows are checked in a step, some tenths of a millisecond. */
const STEP_ROWS = 256;
/** And so many bytes of sketches are looked into. */
const STEP_SKETCH_BYTES = 32 << 10;
const NO_SKETCHES = { uniques: Buffer.alloc(0), quantiles: Buffer.alloc(0) };

/** What a shard answered, as far as all answers have it. */
export interface AnsweredRows {
  readonly rows: Buffer;
  readonly sketches?: Buffer | undefined;
  readonly asOfMs?: string | undefined;
}

/** Rows that belong together, and the figures that were asked for of them, one after the other. */
export interface RowsAndFigures {
  readonly rows: CounterRows;
  /** Undefined where none were asked. */
  readonly figures: Float64Array | undefined;
}

/**
 * The rows of a shard's answer, with the figures of their sketches, by what they belong to, in steps.
 * TallyError `internal` where they are not those of the question, of one of `count` things each, in order.
 */
export function* rowsByIndex(
  plan: Plan,
  shard: number,
  { rows: bytes, sketches }: AnsweredRows,
  count: number,
): Generator<undefined, ReadonlyMap<number, RowsAndFigures>> {
  const rows = CounterRows.of(bytes);
  if (rows === undefined) throw broken(shard, `${bytes.length} bytes that are not rows`);
  const { figures: asked } = plan;
  const width = asked?.width ?? 0;
  const figures = new Float64Array(rows.length * width);
  // One that knows of no sketches has none for any row.
  const entries = sketches && new AnswerEntries(sketches);
  const found = new Map<number, RowsAndFigures>();
  let unstepped = 0;
  let last: CounterRow | undefined;
  /** Where the rows that belong to what `last` does begin. */
  let from = 0;
  const addUntil = (to: number) => {
    if (last === undefined) return;
    if (last.index >= count) throw broken(shard, `a row of series ${last.index}`);
    found.set(last.index, {
      rows: rows.slice(from, to),
      figures: asked && figures.subarray(from * width, to * width),
    });
    from = to;
  };
  for (let at = 0; at < rows.length; at++) {
    const row = rows.at(at);
    const isInOrder =
      last === undefined ||
      row.index > last.index ||
      (row.index === last.index && row.startMinute > last.startMinute);
    if (!isInOrder) throw broken(shard, 'rows out of order');
    if (!isOfQuestion(plan, row) || row.valued > row.count)
      throw broken(shard, `a row of minute ${row.startMinute} with count ${row.count}`);
    if (row.index !== last?.index) addUntil(at);
    last = row;
    unstepped += 1 / STEP_ROWS;
    if (asked !== undefined) {
      const looked = readFigures(asked, row, entries, figures.subarray(at * width));
      if (looked === undefined) throw broken(shard, 'sketches that are none');
      unstepped += looked / STEP_SKETCH_BYTES;
    }
    if (unstepped < 1) continue;
    unstepped = 0;
    yield;
  }
  addUntil(rows.length);
  return found;
}

/** Bytes of the sketches that they are of; undefined when those are none. */
function readFigures(
  asked: AskedFigures,
  row: CounterRow,
  entries: AnswerEntries | undefined,
  figures: Float64Array,
): number | undefined {
  try {
    const sketches = entries?.next() ?? NO_SKETCHES;
    writeFigures(asked, row, sketches, figures);
    return sketches.uniques.length + sketches.quantiles.length;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** Whether a row's window begins where one may, and has a part of the time asked for. */
function isOfQuestion({ fromMinute, toMinute, windowMinutes }: Plan, row: CounterRow): boolean {
  const { startMinute } = row;
  if (windowMinutes === undefined) return startMinute === 0n;
  return (
    startMinute % windowMinutes === 0n &&
    startMinute + windowMinutes > fromMinute &&
    startMinute < toMinute
  );
}

/** Undefined when a shard cannot say; 1970 is when nobody has looked yet. */
export function instantOf({ asOfMs }: AnsweredRows): bigint | undefined {
  const instant = BigInt(asOfMs ?? 0);
  return instant > 0n ? instant : undefined;
}

/** Undefined when any answer has none. */
export function earliest(instants: readonly (bigint | undefined)[]): bigint | undefined {
  let earliest: bigint | undefined;
  for (const instant of instants) {
    if (instant === undefined) return undefined;
    if (earliest === undefined || instant < earliest) earliest = instant;
  }
  return earliest;
}

/** No more windows than were asked for: TallyError `payload_too_large`. */
export function assertWithin(count: number, { maxWindows }: Plan): void {
  if (count > maxWindows)
    throw new TallyError('payload_too_large', `more than ${maxWindows} windows`);
}

/** What no shard may answer. */
export function broken(shard: number, what: string): TallyError {
  return new TallyError('internal', `shard ${shard} answered ${what}`);
}
