import { endOf } from '../rig/observer.js';
import type { Trial } from '../trial.js';

/** How many partitions are halted, by the metric of the processors. */
export const HALTED = 'tally_processor_halted_partitions';

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
