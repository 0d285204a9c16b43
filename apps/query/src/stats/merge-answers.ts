import {
  CounterRows,
  MINUTE_MS,
  SERIES_ID_BYTES,
  TallyError,
  type clusterProxy,
  type CounterRow,
  type StatsRows,
} from '@tally/contracts';
import { assertWithin, broken, earliest, instantOf, rowsByIndex } from './answered-rows.js';
import { partlyDeclared } from './figures.js';
import type { LastAnswers } from './last-answers.js';
import type { Plan } from './plan-question.js';

const MINUTE = BigInt(MINUTE_MS);

type ShardRows = clusterProxy.ShardRows;
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
      const byIndex = yield* rowsByIndex(plan, shard, rows, indexes.length);
      for (const [at, own] of byIndex) {
        const index = indexes[at];
        if (index === undefined) continue;
        found.set(index, { ...own, missing: false });
        count += own.rows.length;
      }
      instants.push(asOfMs);
      if (asOfMs !== undefined)
        for (const index of indexes)
          last?.remember(seriesAt(plan, index), plan, {
            rows: found.get(index)?.rows ?? CounterRows.NONE,
            figures: found.get(index)?.figures,
            asOfMs,
          });
    }
    assertWithin(count, plan);
  }
  const subjects = plan.subjects.map((subject, index) => {
    const stats = found.get(index);
    if (stats === undefined)
      throw new TallyError('internal', `no shard spoke of series ${index} of the question`);
    return { subject, ...stats };
  });
  const partlyDeclaredWindows = yield* partlyDeclared(plan.figures, found.values());
  return { subjects, asOfMs: earliest(instants), missingShards, partlyDeclaredWindows };
}

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
