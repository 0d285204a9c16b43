import { seriesId, ShardMap, slotOf } from '@tally/placement';
import { endOf } from '../rig/observer.js';
import { until } from '../rig/until.js';
import { EVENT_TYPE } from '../traffic/clients.js';
import type { Trial } from '../trial.js';
import type { CountedEvent } from '../verdict/recount.js';

/** How many partitions are halted, by the metric of the processors. */
export const HALTED = 'tally_processor_halted_partitions';

/** Resolves when all partitions but one are counted to their end. */
export async function othersAreCounted(trial: Trial): Promise<void> {
  const ends = await endsNow(trial);
  await until(
    'the other partitions are counted',
    async () => (await partitionsBehind(trial, ends)).size === 1,
  );
}

/**
 * What is appended by now, by partition. To wait for the counting of this and no more ends while
 * clients go on: no moment may come at which all is counted that was appended by then.
 */
export async function endsNow({ on }: Trial): Promise<ReadonlyMap<number, number>> {
  await on.recount.catchUp();
  return new Map(on.recount.ends);
}

/** Those that some shard has not counted to these ends. */
export async function partitionsBehind(
  { on }: Trial,
  ends: ReadonlyMap<number, number>,
): Promise<ReadonlySet<number>> {
  const behind = new Set<number>();
  for (const shard of on.shards) {
    const coverage = await shard.coverage();
    for (const [partition, end] of ends)
      if (endOf(coverage.get(partition)) < end) behind.add(partition);
  }
  return behind;
}

/** Of these events, those that the shard of their subject has covered. */
export async function coveredEvents(
  { on }: Trial,
  logged: readonly CountedEvent[],
): Promise<readonly CountedEvent[]> {
  const map = ShardMap.even(on.shards.length);
  const coverage = await Promise.all(on.shards.map((shard) => shard.coverage()));
  return logged.filter(({ subject, partition, offset }) => {
    const shard = map.shardOf(slotOf(seriesId('default', EVENT_TYPE, subject)));
    const ranges = coverage[shard]?.get(partition) ?? [];
    return ranges.some(([from, to]) => offset >= from && offset < to);
  });
}
