import { DAY_MS, MINUTE_MS, RETENTION_CLASSES, type RetentionClass } from '@tally/contracts';

/** Windows of a day in the table of minutes. */
export const MINUTES_PER_DAY = DAY_MS / MINUTE_MS;
/** Table partitions are made this many days ahead: time to notice that none are made any more. */
export const DAYS_AHEAD = 7;

/** Tables of windows: counters by granularity, finest first, and the sketches of the minutes. */
export const WINDOW_TABLES = [
  'minute_counters',
  'quarter_counters',
  'day_counters',
  'sketches',
] as const;
/** One of WINDOW_TABLES. */
export type WindowTable = (typeof WINDOW_TABLES)[number];

type Widths = Readonly<Record<RetentionClass, number>>;

/**
 * Days in one table partition. Short retention classes are dropped day by day; long ones have wide
 * partitions, so that a table has some 20 of each and never thousands. Coarser tables are smaller by
 * far.
 */
const MINUTE_WIDTHS: Widths = { '1d': 1, '7d': 1, '30d': 7, '90d': 14, '1y': 30, ever: 90 };
const WIDTH_DAYS: Readonly<Record<WindowTable, Widths>> = {
  minute_counters: MINUTE_WIDTHS,
  quarter_counters: { '1d': 90, '7d': 90, '30d': 90, '90d': 90, '1y': 180, ever: 360 },
  sketches: MINUTE_WIDTHS,
  day_counters: { '1d': 720, '7d': 720, '30d': 720, '90d': 720, '1y': 720, ever: 720 },
};

/** Minutes since 1970, from inclusive, to exclusive. */
export interface MinuteRange {
  readonly from: number;
  readonly to: number;
}

/** A partitioned table: one retention class of one table of windows, e.g. `minute_counters_7d`. */
export interface RetentionClassTable {
  readonly name: string;
  readonly widthDays: number;
}

/** All of them. */
export const RETENTION_CLASS_TABLES: readonly RetentionClassTable[] = WINDOW_TABLES.flatMap(
  (table) =>
    RETENTION_CLASSES.map((name) => ({
      name: `${table}_${name}`,
      widthDays: WIDTH_DAYS[table][name],
    })),
);

/** The first minute of the day after `nowMs`, in UTC. */
export function tomorrow(nowMs: number): number {
  return (Math.floor(nowMs / DAY_MS) + 1) * MINUTES_PER_DAY;
}

/**
 * Ranges to make so that tomorrow and the days after it have a table partition: multiples of the width
 * since 1970, the first one cut to begin tomorrow, as DEFAULT may hold what was before. What
 * overlaps an existing one is there already.
 */
export function missingRanges(
  existing: readonly MinuteRange[],
  widthDays: number,
  nowMs: number,
): MinuteRange[] {
  const width = widthDays * MINUTES_PER_DAY;
  const first = tomorrow(nowMs);
  const missing: MinuteRange[] = [];
  for (
    let at = Math.floor(first / width) * width;
    at < first + DAYS_AHEAD * MINUTES_PER_DAY;
    at += width
  ) {
    const range = { from: Math.max(at, first), to: at + width };
    if (existing.every(({ from, to }) => to <= range.from || from >= range.to)) missing.push(range);
  }
  return missing;
}

/** Up to where table partitions follow each other without a gap from `from` on. */
export function madeThrough(existing: readonly MinuteRange[], from: number): number {
  let through = from;
  for (const range of [...existing].sort((a, b) => a.from - b.from))
    if (range.from <= through && range.to > through) through = range.to;
  return through;
}
