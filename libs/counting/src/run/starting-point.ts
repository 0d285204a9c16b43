import type { PartitionBounds } from '@tally/contracts';
import type { OffsetSet } from '../coverage/offset-set.js';

/** Where a partition is read from, or why it must not be read. */
export type StartingPoint =
  | { readonly kind: 'start'; readonly offset: bigint }
  | { readonly kind: 'contradiction'; readonly reason: string };

/**
 * The first offset that some shard lacks. Coverage is the truth: a log that ends before what was
 * counted, or begins behind what was not, is not the log that was counted from.
 *
 * @param coverage Of all shards.
 */
export function startingPoint(
  coverage: Iterable<OffsetSet>,
  { low, high }: PartitionBounds,
): StartingPoint {
  let start = high;
  for (const covered of coverage) {
    if (covered.end > high)
      return contradiction(`offsets to ${covered.end} were counted, but the log ends at ${high}`);
    const missing = covered.firstMissing(0n);
    if (missing < low)
      return contradiction(`offset ${missing} was not counted, but the log begins at ${low}`);
    if (missing < start) start = missing;
  }
  return { kind: 'start', offset: start };
}

function contradiction(reason: string): StartingPoint {
  return { kind: 'contradiction', reason };
}
