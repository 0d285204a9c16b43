import {
  type clusterProxy,
  type CounterRow,
  decodeCounterRows,
  type query,
  TallyError,
} from '@tally/contracts';
import type { Plan } from './plan-question.js';

const SERIES_ID_BYTES = 16;
const MINUTE_MS = 60_000n;

type ShardRows = clusterProxy.ShardRows;
type AnsweredRows = NonNullable<ShardRows['rows']>;

/**
 * One answer out of those of the shards: windows by subject, the shards that are missing, and the
 * least instant of those that are not. Each series must be answered by one shard, or missing with
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
  for (const answer of shards) {
    const places = placesOf(plan, answer);
    for (const place of places) {
      if (windows.has(place) || missing.has(place))
        throw broken(answer.shard, 'a series that another shard has too');
      if (answer.rows === undefined) missing.add(place);
      else windows.set(place, []);
    }
    if (answer.rows === undefined) missingShards.push(answer.shard);
    else {
      answered.push(answer.rows);
      addRows(plan, answer.shard, answer.rows, places, windows);
    }
  }
  const subjects = plan.subjects.map((subject, place) => {
    const found = windows.get(place);
    if (found === undefined && !missing.has(place))
      throw new TallyError('internal', `no shard spoke of series ${place} of the question`);
    return { subject, windows: found ?? [], missing: found === undefined };
  });
  const asOfMs = leastInstant(answered);
  return { subjects, ...(asOfMs === undefined ? {} : { asOfMs }), missingShards };
}

/** For each series that a shard speaks of, its place in the question. */
function placesOf(plan: Plan, { shard, series: ids }: ShardRows): number[] {
  if (ids.length % SERIES_ID_BYTES !== 0) throw broken(shard, `${ids.length} bytes of series ids`);
  return Array.from({ length: ids.length / SERIES_ID_BYTES }, (_, index) => {
    const at = index * SERIES_ID_BYTES;
    const place = plan.places.get(ids.toString('hex', at, at + SERIES_ID_BYTES));
    if (place === undefined) throw broken(shard, 'a series that was not asked for');
    return place;
  });
}

function addRows(
  plan: Plan,
  shard: number,
  { rows: bytes }: AnsweredRows,
  places: readonly number[],
  windows: ReadonlyMap<number, query.Window[]>,
): void {
  const rows = decodeCounterRows(bytes);
  if (rows === undefined) throw broken(shard, `${bytes.length} bytes that are not rows`);
  let last: CounterRow | undefined;
  for (const row of rows) {
    const isInOrder =
      last === undefined ||
      row.place > last.place ||
      (row.place === last.place && row.startMinute > last.startMinute);
    if (!isInOrder) throw broken(shard, 'rows out of order');
    last = row;
    if (!isOfQuestion(plan, row) || row.valued > row.count)
      throw broken(shard, `a row of minute ${row.startMinute} with count ${row.count}`);
    const place = places[row.place];
    const found = place === undefined ? undefined : windows.get(place);
    if (found === undefined) throw broken(shard, `a row of series ${row.place}`);
    found.push(windowOf(plan, row));
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

function windowOf(
  plan: Plan,
  { startMinute, count, valued, sum, min, max }: CounterRow,
): query.Window {
  const startMs = plan.windowMinutes === undefined ? plan.fromMs : startMinute * MINUTE_MS;
  return {
    startMs: startMs.toString(),
    count: count.toString(),
    valued: valued.toString(),
    sumMicro: sum.toString(),
    ...(valued > 0n ? { minMicro: min.toString(), maxMicro: max.toString() } : {}),
  };
}

/** Undefined when any shard that answered cannot say. */
function leastInstant(answered: readonly AnsweredRows[]): string | undefined {
  let least: bigint | undefined;
  for (const { asOfMs } of answered) {
    if (asOfMs === undefined) return undefined;
    const instant = BigInt(asOfMs);
    if (least === undefined || instant < least) least = instant;
  }
  return least?.toString();
}

function broken(shard: number, what: string): TallyError {
  return new TallyError('internal', `shard ${shard} answered ${what}`);
}
