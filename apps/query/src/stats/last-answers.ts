import { COUNTER_ROW_BYTES, HOUR_MS, MINUTE_MS, type CounterRows } from '@tally/contracts';
import type { Plan } from './plan-question.js';

/** What a shard said of a series, and to which instant that was complete (ms since 1970). */
export interface LastAnswer {
  readonly rows: CounterRows;
  readonly asOfMs: bigint;
  /** Those that were asked for, of its rows one after the other. */
  readonly figures?: Float64Array | undefined;
}

export interface LastAnswersOptions {
  readonly maxBytes: number;
  readonly maxEntries: number;
  /** An answer made room for others. */
  readonly onForgotten?: () => void;
  /** An answer was given again. */
  readonly onGiven?: () => void;
}

interface Kept extends LastAnswer {
  /** Minutes since 1970; from inclusive, to exclusive. */
  readonly fromMinute: bigint;
  readonly toMinute: bigint;
}

type Asked = Pick<Plan, 'fromMinute' | 'toMinute' | 'windowMinutes' | 'figures'>;

const ENTRY_BYTES = 400;
/** Of one series and granularity: as dashboards ask for the day, the week, the month. */
const MAX_RANGES = 4;
/** An event lies at most an hour ahead of when it was taken in; clocks differ. */
const MAX_AHEAD_MS = BigInt(HOUR_MS + MINUTE_MS);
const MINUTE = BigInt(MINUTE_MS);

/**
 * The last answers of shards, for when one of them is away. Bounded in bytes and in entries: the series
 * that was not answered for longest goes first.
 */
export class LastAnswers {
  /** By granularity, series and figures; least recently answered first. */
  private readonly known = new Map<string, readonly Kept[]>();
  private bytes = 0;
  private entries = 0;

  constructor(private readonly options: LastAnswersOptions) {}

  get size(): { readonly bytes: number; readonly entries: number } {
    return { bytes: this.bytes, entries: this.entries };
  }

  /** `series`: its id in hexadecimal. */
  remember(series: string, asked: Asked, answer: LastAnswer): void {
    const key = keyOf(series, asked);
    const { fromMinute, toMinute } = asked;
    // One answer never takes the place of all others.
    if (bytesOf(answer) > this.options.maxBytes / 8) return;
    const own = { rows: answer.rows.copy(), figures: answer.figures?.slice() };
    const kept: Kept = { ...answer, ...own, fromMinute, toMinute };
    const others = (this.known.get(key) ?? []).filter((other) => !covers(kept, other));
    this.forget(key);
    this.keep(key, [kept, ...others.slice(0, MAX_RANGES - 1)]);
    for (const oldest of this.known.keys()) {
      if (this.bytes <= this.options.maxBytes && this.entries <= this.options.maxEntries) return;
      this.forget(oldest);
      this.options.onForgotten?.();
    }
  }

  /** Undefined when nothing is known that begins where the question does. */
  find(series: string, asked: Asked): LastAnswer | undefined {
    const all = this.known.get(keyOf(series, asked)) ?? [];
    let newest: LastAnswer | undefined;
    for (const kept of all) {
      const answer = answerFrom(kept, asked);
      if (answer !== undefined && (newest === undefined || answer.asOfMs > newest.asOfMs))
        newest = answer;
    }
    if (newest !== undefined) this.options.onGiven?.();
    return newest;
  }

  private keep(key: string, all: readonly Kept[]): void {
    this.known.set(key, all);
    this.entries += all.length;
    for (const kept of all) this.bytes += bytesOf(kept);
  }

  private forget(key: string): void {
    const all = this.known.get(key);
    if (all === undefined) return;
    this.known.delete(key);
    this.entries -= all.length;
    for (const kept of all) this.bytes -= bytesOf(kept);
  }
}

function answerFrom(kept: Kept, asked: Asked): LastAnswer | undefined {
  const { fromMinute, toMinute, windowMinutes } = asked;
  if (kept.fromMinute === fromMinute && kept.toMinute === toMinute) return kept;
  // A total is whole or nothing, and so is a window that a question cuts.
  if (windowMinutes === undefined || fromMinute % windowMinutes !== 0n) return undefined;
  if (toMinute % windowMinutes !== 0n || kept.toMinute % windowMinutes !== 0n) return undefined;
  if (kept.fromMinute > fromMinute || kept.toMinute <= fromMinute) return undefined;
  const [from, to] = [firstFrom(kept.rows, fromMinute), firstFrom(kept.rows, toMinute)];
  const width = asked.figures?.width ?? 0;
  const part = {
    rows: kept.rows.slice(from, to),
    figures: kept.figures?.subarray(from * width, to * width),
  };
  if (toMinute <= kept.toMinute) return { ...part, asOfMs: kept.asOfMs };
  // Of what lies behind its end nothing is known: no event of that time had come so long before it.
  const nothingBehindMs = kept.toMinute * MINUTE - MAX_AHEAD_MS;
  return {
    ...part,
    asOfMs: nothingBehindMs < kept.asOfMs ? nothingBehindMs : kept.asOfMs,
  };
}

/** Whether whatever the other one can answer, this one can. */
function covers(kept: Kept, other: Kept): boolean {
  return kept.fromMinute <= other.fromMinute && kept.toMinute >= other.toMinute;
}

function keyOf(series: string, { fromMinute, toMinute, windowMinutes, figures }: Asked): string {
  const windows = windowMinutes === undefined ? `${fromMinute}-${toMinute}` : `${windowMinutes}`;
  return `${windows} ${series} ${figures?.key ?? ''}`;
}

function bytesOf({ rows, figures }: LastAnswer): number {
  return ENTRY_BYTES + rows.length * COUNTER_ROW_BYTES + (figures?.byteLength ?? 0);
}

/** Of the first row whose window begins at a minute or after it, ascending as they are. */
function firstFrom(rows: CounterRows, minute: bigint): number {
  let [low, high] = [0, rows.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rows.at(middle).startMinute < minute) low = middle + 1;
    else high = middle;
  }
  return low;
}
