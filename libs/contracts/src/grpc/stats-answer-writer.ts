import type { CounterRow, CounterRows } from '../rows/counter-rows.js';
import { MessageWriter } from './message-writer.js';

/** What of a GetStatsResponse is said of one subject. */
export interface SubjectRows {
  readonly subject: string;
  /** Its windows, ascending; of another series none. */
  readonly rows: CounterRows;
  readonly missing: boolean;
  /** ms since 1970; undefined where its shard answered. */
  readonly asOfMs?: bigint | undefined;
  /** Values of the dimensions that were asked for, as JSON; undefined where there is no group. */
  readonly group?: string | undefined;
  /** Those that were asked for, of its windows one after the other; undefined where none were. */
  readonly figures?: Float64Array | undefined;
}

/** A GetStatsResponse that is not written yet. */
export interface StatsRows {
  readonly subjects: readonly SubjectRows[];
  /** ms since 1970; undefined when that cannot be said. */
  readonly asOfMs?: bigint | undefined;
  readonly missingShards: readonly number[];
  readonly partlyDeclaredWindows?: number | undefined;
}

/** So many windows are written in a step, some tenths of a millisecond. */
const STEP_WINDOWS = 256;
/** Of a window: two bytes before it, six tags, five numbers of ten bytes, a sum of 40 digits. */
const MOST_WINDOW_BYTES = 99;

/** Of a figure. */
export const FIGURE_BYTES = 8;

/**
 * The bytes of a GetStatsResponse (tally/query/v1/query.proto) in steps: an answer may have 100 000
 * windows, and to write all of them at once would hold the event loop for some tenths of a second.
 *
 * @param startMsOf The beginning of a row's window, ms since 1970.
 */
export function* writeStatsAnswer(
  { subjects, asOfMs, missingShards, partlyDeclaredWindows }: StatsRows,
  startMsOf: (row: CounterRow) => bigint,
): Generator<undefined, Buffer> {
  const parts: Buffer[] = [];
  let unstepped = 0;
  for (const { subject, rows, missing, asOfMs: ownMs, group, figures } of subjects) {
    const own = new MessageWriter();
    own.block(1, Buffer.from(subject));
    if (missing) own.integer(3, 1);
    if (ownMs !== undefined) own.integer(4, ownMs);
    if (group !== undefined) own.block(5, Buffer.from(group));
    if (figures !== undefined) own.block(6, figureBytes(figures));
    const message = [own.finish()];
    for (let from = 0; from < rows.length; from += STEP_WINDOWS) {
      const step = rows.slice(from, from + STEP_WINDOWS);
      message.push(windowBytes(step, startMsOf));
      unstepped += step.length;
      if (unstepped < STEP_WINDOWS) continue;
      unstepped = 0;
      yield;
    }
    const head = new MessageWriter();
    head.begin(
      1,
      message.reduce((sum, { length }) => sum + length, 0),
    );
    parts.push(head.finish(), ...message);
  }
  const tail = new MessageWriter();
  if (asOfMs !== undefined) tail.integer(2, asOfMs);
  for (const shard of missingShards) tail.integer(3, shard);
  if (partlyDeclaredWindows !== undefined) tail.integer(4, partlyDeclaredWindows);
  return Buffer.concat([...parts, tail.finish()]);
}

function figureBytes(figures: Float64Array): Buffer {
  const bytes = Buffer.allocUnsafe(figures.length * FIGURE_BYTES);
  for (let at = 0; at < figures.length; at++)
    bytes.writeDoubleLE(figures[at] ?? Number.NaN, at * FIGURE_BYTES);
  return bytes;
}

function windowBytes(rows: CounterRows, startMsOf: (row: CounterRow) => bigint): Buffer {
  const writer = new MessageWriter(rows.length * MOST_WINDOW_BYTES);
  for (const row of rows)
    writer.short(2, () => {
      writer.integer(1, startMsOf(row));
      writer.integer(2, row.count);
      writer.integer(3, row.valued);
      writer.latin1(4, row.sum.toString());
      if (row.valued === 0n) return;
      writer.sint64(5, row.min);
      writer.sint64(6, row.max);
    });
  return writer.finish();
}
