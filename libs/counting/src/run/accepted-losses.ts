import { OffsetSet } from '../coverage/offset-set.js';
import type { ShardCoverage } from './run-action.js';

/**
 * Records that are gone and that a person gave up, as the shards say. A loss is booked in each shard
 * by itself, together with coverage for it; about the log one of them is enough.
 */
export class AcceptedLosses {
  /** By shard. */
  private readonly known = new Map<number, ShardCoverage>();

  /** @returns whether the shard says more than before about one of these partitions. */
  learn(shard: number, losses: ShardCoverage | undefined, partitions: Iterable<number>): boolean {
    if (losses === undefined) return false;
    const before = this.known.get(shard);
    this.known.set(shard, losses);
    return [...partitions].some((partition) => {
      const known = before?.get(partition) ?? new OffsetSet();
      const ranges = [...(losses.get(partition) ?? [])];
      return ranges.some(({ from, to }) => known.firstMissing(from) < to);
    });
  }

  /** Whether it was accepted that the log of the partition begins here and no earlier. */
  reachTo(partition: number, low: bigint): boolean {
    return [...this.known.values()].some((losses) => losses.get(partition)?.has(low - 1n) === true);
  }
}
