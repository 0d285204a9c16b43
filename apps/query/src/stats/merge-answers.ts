import {
  type clusterProxy,
  type CounterRow,
  decodeCounterRows,
  MINUTE_MS,
  type query,
  SERIES_ID_BYTES,
  TallyError,
} from '@tally/contracts';
import type { LastAnswers } from './last-answers.js';
import type { Plan } from './plan-question.js';

const MINUTE = BigInt(MINUTE_MS);

type ShardRows = clusterProxy.ShardRows;
type AnsweredRows = NonNullable<ShardRows['rows']>;
interface Found {
  readonly windows: query.Window[];
  readonly missing: boolean;
  readonly asOfMs?: string;
}

/**
 * One answer out of those of the shards: windows by subject, the shards that are missing, and the
 * earliest instant of those that are not. Of a series whose shard is missing it is what `last` knows,
 * with its own instant, which goes into the earliest one too; `last` learns what shards say. Each
 * series must be answered by one shard, or missing with it: anything else is TallyError `internal`,
 * rather than a number that is not right.
 */
export function mergeAnswers(
  plan: Plan,
  { shards }: clusterProxy.ReadCountersResponse,
  last?: LastAnswers,
): query.GetStatsResponse {
  const found = new Map<number, Found>();
  const missingShards: number[] = [];
  const instants: (bigint | undefined)[] = [];
  let count = 0;
  for (const answer of shards) {
    const { shard, rows } = answer;
    const indexes = indexesOf(plan, answer);
    for (const index of indexes) {
      if (found.has(index)) throw broken(shard, 'a series that another shard has too');
      found.set(index, { windows: [], missing: rows === undefined });
    }
    if (rows === undefined) {
      missingShards.push(shard);
      for (const index of indexes) {
        const older = last?.find(seriesAt(plan, index), plan);
        if (older === undefined) continue;
        found.set(index, {
          windows: [...older.windows],
          missing: false,
          asOfMs: String(older.asOfMs),
        });
        instants.push(older.asOfMs);
        count += older.windows.length;
      }
    } else {
      const asOfMs = instantOf(rows);
      count += addRows(plan, shard, rows, indexes, found);
      instants.push(asOfMs);
      if (asOfMs !== undefined)
        for (const index of indexes)
          last?.remember(seriesAt(plan, index), plan, {
            windows: found.get(index)?.windows ?? [],
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
  const asOfMs = earliest(instants);
  return { subjects, ...(asOfMs === undefined ? {} : { asOfMs: String(asOfMs) }), missingShards };
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
function addRows(
  plan: Plan,
  shard: number,
  { rows: bytes }: AnsweredRows,
  indexes: readonly number[],
  found: ReadonlyMap<number, Found>,
): number {
  const rows = decodeCounterRows(bytes);
  if (rows === undefined) throw broken(shard, `${bytes.length} bytes that are not rows`);
  let last: CounterRow | undefined;
  for (const row of rows) {
    const isInOrder =
      last === undefined ||
      row.index > last.index ||
      (row.index === last.index && row.startMinute > last.startMinute);
    if (!isInOrder) throw broken(shard, 'rows out of order');
    last = row;
    if (!isOfQuestion(plan, row) || row.valued > row.count)
      throw broken(shard, `a row of minute ${row.startMinute} with count ${row.count}`);
    const index = indexes[row.index];
    const stats = index === undefined ? undefined : found.get(index);
    if (stats === undefined) throw broken(shard, `a row of series ${row.index}`);
    stats.windows.push(windowOf(plan, row));
  }
  return rows.length;
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

function windowOf(
  plan: Plan,
  { startMinute, count, valued, sum, min, max }: CounterRow,
): query.Window {
  const startMs = plan.windowMinutes === undefined ? plan.fromMs : startMinute * MINUTE;
  return {
    startMs: startMs.toString(),
    count: count.toString(),
    valued: valued.toString(),
    sumMicro: sum.toString(),
    ...(valued > 0n ? { minMicro: min.toString(), maxMicro: max.toString() } : {}),
  };
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
