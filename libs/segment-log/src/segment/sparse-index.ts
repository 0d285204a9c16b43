/** Bytes of batches per entry: a read skips at most as many, and an entry takes 24 bytes of memory. */
export const INDEX_INTERVAL_BYTES = 4096;

/** Entries in ascending order, in memory or in the bytes of an index file. */
export interface IndexEntries {
  readonly count: number;
  /** Relative to the segment's base. */
  offsetAt(index: number): number;
  positionAt(index: number): number;
  /** The max timestamp of all batches before the entry: grows even where timestamps do not. */
  timeBeforeAt(index: number): number;
}

/**
 * Where in a segment to look for an offset or a time. An entry stands for a batch that begins at
 * least INDEX_INTERVAL_BYTES after that of the entry before, so every batch begins less than that
 * behind an entry. Offsets are relative to the segment's base.
 */
export class SparseIndex implements IndexEntries {
  private readonly offsets: number[] = [];
  private readonly positions: number[] = [];
  private readonly timesBefore: number[] = [];

  /** With the entries of another one. */
  static of(entries: IndexEntries): SparseIndex {
    const index = new SparseIndex();
    for (let at = 0; at < entries.count; at++) {
      index.offsets.push(entries.offsetAt(at));
      index.positions.push(entries.positionAt(at));
      index.timesBefore.push(entries.timeBeforeAt(at));
    }
    return index;
  }

  get count(): number {
    return this.positions.length;
  }

  offsetAt(index: number): number {
    return this.offsets[index] ?? 0;
  }

  positionAt(index: number): number {
    return this.positions[index] ?? 0;
  }

  timeBeforeAt(index: number): number {
    return this.timesBefore[index] ?? 0;
  }

  /** Batches are added in order. */
  add(offset: number, position: number, maxTimeBefore: number): void {
    const last = this.positions.at(-1);
    if (last !== undefined && position - last < INDEX_INTERVAL_BYTES) return;
    this.offsets.push(offset);
    this.positions.push(position);
    this.timesBefore.push(maxTimeBefore);
  }
}

/** A batch to begin with: its first offset, relative to the base, and its position. */
export interface IndexPoint {
  readonly offset: number;
  readonly position: number;
}

const START: IndexPoint = { offset: 0, position: 0 };

/** The batch that contains the offset, or one less than an interval before it. */
export function pointOfOffset(entries: IndexEntries, offset: number): IndexPoint {
  return pointAt(
    entries,
    lastBelow(entries.count, offset + 1, (at) => entries.offsetAt(at)),
  );
}

/** A batch at or before the first one whose timestamp is at least `timeMs`. */
export function pointOfTime(entries: IndexEntries, timeMs: number): IndexPoint {
  return pointAt(
    entries,
    lastBelow(entries.count, timeMs, (at) => entries.timeBeforeAt(at)),
  );
}

function pointAt(entries: IndexEntries, index: number): IndexPoint {
  if (index < 0) return START;
  return { offset: entries.offsetAt(index), position: entries.positionAt(index) };
}

/** Index of the last of the ascending values that is smaller than `bound`; -1 for none. */
function lastBelow(count: number, bound: number, valueAt: (index: number) => number): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (valueAt(middle) < bound) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
