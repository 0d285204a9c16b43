import {
  CounterRows,
  MINUTE_MS,
  SERIES_ID_BYTES,
  TallyError,
  type clusterProxy,
  type CounterRow,
  type StatsRows,
} from '@tally/contracts';
import { AnswerEntries } from '@tally/sketches';
import { isPartlyDeclared, writeFigures, type AskedFigures } from './figures.js';
import type { LastAnswers } from './last-answers.js';
import type { Plan } from './plan-question.js';

const MINUTE = BigInt(MINUTE_MS);
/** So many rows are checked in a step, some tenths of a millisecond. */
const STEP_ROWS = 256;
/** And so many bytes of sketches are looked into. */
const STEP_SKETCH_BYTES = 32 << 10;

type ShardRows = clusterProxy.ShardRows;
type AnsweredRows = NonNullable<ShardRows['rows']>;
interface Found {
  readonly rows: CounterRows;
  readonly missing: boolean;
  readonly asOfMs?: bigint;
  /** Those that were asked for, of its rows one after the other; undefined where none were. */
  readonly figures?: Float64Array | undefined;
}

/**
 * One answer out of those of the shards, in steps: windows by subject, the shards that are missing, and
 * the earliest instant of those that are not. Of a series whose shard is missing it is what `last` knows,
 * with its own instant, which goes into the earliest one too; `last` learns what shards say. Each
 * series must be answered by one shard, or missing with it: anything else is TallyError `internal`,
 * rather than a number that is not right.
 */
export function* mergeAnswers(
  plan: Plan,
  { shards }: clusterProxy.ReadCountersResponse,
  last?: LastAnswers,
): Generator<undefined, StatsRows> {
  const found = new Map<number, Found>();
  const missingShards: number[] = [];
  const instants: (bigint | undefined)[] = [];
  let count = 0;
  for (const answer of shards) {
    const { shard, rows } = answer;
    const indexes = indexesOf(plan, answer);
    for (const index of indexes) {
      if (found.has(index)) throw broken(shard, 'a series that another shard has too');
      found.set(index, { rows: CounterRows.NONE, missing: rows === undefined });
    }
    if (rows === undefined) {
      missingShards.push(shard);
      for (const index of indexes) {
        const older = last?.find(seriesAt(plan, index), plan);
        if (older === undefined) continue;
        found.set(index, { ...older, missing: false });
        instants.push(older.asOfMs);
        count += older.rows.length;
      }
    } else {
      const asOfMs = instantOf(rows);
      count += yield* addRows(plan, shard, rows, indexes, found);
      instants.push(asOfMs);
      if (asOfMs !== undefined)
        for (const index of indexes)
          last?.remember(seriesAt(plan, index), plan, {
            rows: found.get(index)?.rows ?? CounterRows.NONE,
            figures: found.get(index)?.figures,
            asOfMs,
          });
    }
    if (count > plan.maxWindows)
      throw new TallyError('payload_too_large', `more than ${plan.maxWindows} windows`);
  }
  const subjects = plan.subjects.map((subject, index) => {
    const stats = found.get(index);
    if (stats === undefined)
      throw new TallyError('internal', `no shard spoke of series ${index} of the question`);
    return { subject, ...stats };
  });
  const partlyDeclaredWindows = yield* partlyDeclared(plan, found.values());
  return { subjects, asOfMs: earliest(instants), missingShards, partlyDeclaredWindows };
}

/** How many windows have a figure that is not known; undefined where no figures are asked. */
function* partlyDeclared(
  { figures: asked }: Plan,
  all: Iterable<Found>,
): Generator<undefined, number | undefined> {
  if (asked === undefined) return undefined;
  let windows = 0;
  for (const { rows, figures = NO_FIGURES } of all)
    for (let at = 0; at < rows.length; at++) {
      if (isPartlyDeclared(asked, rows.at(at).valued, figures.subarray(at * asked.width)))
        windows += 1;
      if (at % STEP_ROWS === STEP_ROWS - 1) yield;
    }
  return windows;
}

const NO_FIGURES = new Float64Array(0);
const NO_SKETCHES = { uniques: Buffer.alloc(0), quantiles: Buffer.alloc(0) };

/** When the window of a row begins, in ms since 1970. */
export function startMsOf(plan: Plan, { startMinute }: CounterRow): bigint {
  return plan.windowMinutes === undefined ? plan.fromMs : startMinute * MINUTE;
}

function seriesAt({ seriesIds }: Plan, index: number): string {
  const at = index * SERIES_ID_BYTES;
  return seriesIds.toString('hex', at, at + SERIES_ID_BYTES);
}

/** For each series that a shard speaks of, its index in the question. */
function indexesOf(plan: Plan, { shard, seriesIds: ids }: ShardRows): number[] {
  if (ids.length % SERIES_ID_BYTES !== 0) throw broken(shard, `${ids.length} bytes of series ids`);
  return Array.from({ length: ids.length / SERIES_ID_BYTES }, (_, id) => {
    const at = id * SERIES_ID_BYTES;
    const index = plan.indexes.get(ids.toString('hex', at, at + SERIES_ID_BYTES));
    if (index === undefined) throw broken(shard, 'a series that was not asked for');
    return index;
  });
}

/** How many there were. */
function* addRows(
  plan: Plan,
  shard: number,
  { rows: bytes, sketches }: AnsweredRows,
  indexes: readonly number[],
  found: Map<number, Found>,
): Generator<undefined, number> {
  const rows = CounterRows.of(bytes);
  if (rows === undefined) throw broken(shard, `${bytes.length} bytes that are not rows`);
  const { figures: asked } = plan;
  const width = asked?.width ?? 0;
  const figures = new Float64Array(rows.length * width);
  // One that knows of no sketches has none for any row.
  const entries = sketches && new AnswerEntries(sketches);
  let unstepped = 0;
  let last: CounterRow | undefined;
  /** Where the rows of the series of `last` begin. */
  let from = 0;
  const addUntil = (to: number) => {
    if (last === undefined) return;
    const index = indexes[last.index];
    if (index === undefined) throw broken(shard, `a row of series ${last.index}`);
    found.set(index, {
      rows: rows.slice(from, to),
      missing: false,
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
      const bytes = readFigures(asked, row, entries, figures.subarray(at * width));
      if (bytes === undefined) throw broken(shard, 'sketches that are none');
      unstepped += bytes / STEP_SKETCH_BYTES;
    }
    if (unstepped < 1) continue;
    unstepped = 0;
    yield;
  }
  addUntil(rows.length);
  return rows.length;
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
function instantOf({ asOfMs }: AnsweredRows): bigint | undefined {
  const instant = BigInt(asOfMs ?? 0);
  return instant > 0n ? instant : undefined;
}

/** Undefined when any answer has none. */
function earliest(instants: readonly (bigint | undefined)[]): bigint | undefined {
  let earliest: bigint | undefined;
  for (const instant of instants) {
    if (instant === undefined) return undefined;
    if (earliest === undefined || instant < earliest) earliest = instant;
  }
  return earliest;
}

function broken(shard: number, what: string): TallyError {
  return new TallyError('internal', `shard ${shard} answered ${what}`);
}
