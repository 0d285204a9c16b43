import {
  type clusterProxy,
  type CounterRow,
  decodeCounterRows,
  MINUTE_MS,
  type query,
  SERIES_ID_BYTES,
  TallyError,
} from '@tally/contracts';
import type { Plan } from './plan-question.js';

const MINUTE = BigInt(MINUTE_MS);

type ShardRows = clusterProxy.ShardRows;
type AnsweredRows = NonNullable<ShardRows['rows']>;

/**
 * One answer out of those of the shards: windows by subject, the shards that are missing, and the
 * earliest instant of those that are not. Each series must be answered by one shard, or missing with
 * it: anything else is TallyError `internal`, rather than a number that is not right.
 */
export function mergeAnswers(
  plan: Plan,
  { shards }: clusterProxy.ReadCountersResponse,
): query.GetStatsResponse {
  const windows = new Map<number, query.Window[]>();
  const missing = new Set<number>();
  const missingShards: number[] = [];
  const answered: AnsweredRows[] = [];
  let rows = 0;
  for (const answer of shards) {
    const indexes = indexesOf(plan, answer);
    for (const index of indexes) {
      if (windows.has(index) || missing.has(index))
        throw broken(answer.shard, 'a series that another shard has too');
      if (answer.rows === undefined) missing.add(index);
      else windows.set(index, []);
    }
    if (answer.rows === undefined) missingShards.push(answer.shard);
    else {
      answered.push(answer.rows);
      rows += addRows(plan, answer.shard, answer.rows, indexes, windows);
      if (rows > plan.maxWindows)
        throw new TallyError('payload_too_large', `more than ${plan.maxWindows} windows`);
    }
  }
  const subjects = plan.subjects.map((subject, index) => {
    const found = windows.get(index);
    if (found === undefined && !missing.has(index))
      throw new TallyError('internal', `no shard spoke of series ${index} of the question`);
    return { subject, windows: found ?? [], missing: found === undefined };
  });
  const asOfMs = earliestInstant(answered);
  return { subjects, ...(asOfMs === undefined ? {} : { asOfMs }), missingShards };
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
  windows: ReadonlyMap<number, query.Window[]>,
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
    const found = index === undefined ? undefined : windows.get(index);
    if (found === undefined) throw broken(shard, `a row of series ${row.index}`);
    found.push(windowOf(plan, row));
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

/** Undefined when any shard that answered cannot say. */
function earliestInstant(answered: readonly AnsweredRows[]): string | undefined {
  let earliest: bigint | undefined;
  for (const { asOfMs } of answered) {
    if (asOfMs === undefined) return undefined;
    const instant = BigInt(asOfMs);
    if (earliest === undefined || instant < earliest) earliest = instant;
  }
  return earliest?.toString();
}

function broken(shard: number, what: string): TallyError {
  return new TallyError('internal', `shard ${shard} answered ${what}`);
}
