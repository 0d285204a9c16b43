/** Bytes of batches per entry: a read skips at most as many, and an entry takes 24 bytes of memory. */
export const INDEX_INTERVAL_BYTES = 4096;

/**
 * Where in a segment to look for an offset or a time. An entry stands for a batch that begins at
 * least INDEX_INTERVAL_BYTES after that of the entry before, so every batch begins less than that
 * behind an entry. Offsets are relative to the segment's base.
 */
export class SparseIndex {
  private readonly offsets: number[] = [];
  private readonly positions: number[] = [];
  /** Greatest timestamp of all batches before the entry: grows even where timestamps do not. */
  private readonly timesBefore: number[] = [];

  /** Batches are added in order. */
  add(offset: number, position: number, greatestTimeBefore: number): void {
    const last = this.positions.at(-1);
    if (last !== undefined && position - last < INDEX_INTERVAL_BYTES) return;
    this.offsets.push(offset);
    this.positions.push(position);
    this.timesBefore.push(greatestTimeBefore);
  }

  /** A position at or before the batch that contains the offset. */
  positionOfOffset(offset: number): number {
    return this.positions[lastBelow(this.offsets, offset + 1)] ?? 0;
  }

  /** A position at or before the first batch whose timestamp is at least `timeMs`. */
  positionOfTime(timeMs: number): number {
    return this.positions[lastBelow(this.timesBefore, timeMs)] ?? 0;
  }
}

/** Index of the last of the ascending values that is smaller than `bound`; -1 for none. */
function lastBelow(values: readonly number[], bound: number): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((values[middle] ?? 0) < bound) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
