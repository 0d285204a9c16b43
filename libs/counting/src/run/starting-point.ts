import type { PartitionBounds } from '@tally/contracts';
import type { OffsetSet } from '../coverage/offset-set.js';

/** Where a partition is read from, or why it must not be read. */
export type StartingPoint =
  | { readonly kind: 'start'; readonly offset: bigint }
  | { readonly kind: 'contradiction'; readonly reason: string };

/**
 * The first offset that some shard lacks. Coverage is the truth: a log that ends before what was
 * counted, or begins behind what was not, is not the log that was counted from. Nor may all be gone
 * that lay before it: what is a duplicate after that, nobody could say.
 *
 * @param coverage Of all shards that answered, with what stands in dead letters for them.
 * @param letterEnds Of the others: where what stands in letters for them ends.
 * @param isLossAccepted Whether a person accepted that the log begins at `low`.
 */
export function startingPoint(
  coverage: Iterable<OffsetSet>,
  letterEnds: Iterable<bigint>,
  { low, high }: PartitionBounds,
  isLossAccepted: boolean,
): StartingPoint {
  let start = high;
  for (const covered of coverage) {
    if (covered.end > high)
      return contradiction(`offsets to ${covered.end} were counted, but the log ends at ${high}`);
    const missing = covered.firstMissing(0n);
    if (missing < start) start = missing;
  }
  for (const end of letterEnds) if (end < start) start = end;
  if (start < low)
    return contradiction(`offset ${start} was not counted, but the log begins at ${low}`);
  if (start === low && low > 0n && !isLossAccepted) return contradiction(goneWindow(low));
  return { kind: 'start', offset: start };
}

/** Why nothing can be counted from a log that begins within the dedup window, or behind all of it. */
export function goneWindow(low: bigint): string {
  return `the dedup window reaches below offset ${low}, where the log begins: what is gone may come again`;
}

function contradiction(reason: string): StartingPoint {
  return { kind: 'contradiction', reason };
}
