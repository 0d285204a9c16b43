import type { OffsetRange } from '@tally/contracts';

/** A set of offsets as ascending ranges that neither meet nor touch. */
export class OffsetSet {
  private ranges: OffsetRange[] = [];

  constructor(ranges: Iterable<OffsetRange> = []) {
    for (const { from, to } of ranges) this.add(from, to);
  }

  [Symbol.iterator](): IterableIterator<OffsetRange> {
    return this.ranges.values();
  }

  /** The offsets that are in one of them. */
  static union(...sets: readonly (Iterable<OffsetRange> | undefined)[]): OffsetSet {
    return new OffsetSet(sets.flatMap((set) => [...(set ?? [])]));
  }

  /** The offset behind the last one; 0 for the empty set. */
  get end(): bigint {
    return this.ranges.at(-1)?.to ?? 0n;
  }

  add(from: bigint, to: bigint): void {
    if (from >= to) return;
    const last = this.ranges.at(-1);
    // The usual case: what follows the last.
    if (last === undefined || from > last.to) {
      this.ranges.push({ from, to });
      return;
    }
    let merged: OffsetRange = { from, to };
    const apart: OffsetRange[] = [];
    for (const range of this.ranges) {
      if (range.to < merged.from || range.from > merged.to) apart.push(range);
      else
        merged = {
          from: range.from < merged.from ? range.from : merged.from,
          to: range.to > merged.to ? range.to : merged.to,
        };
    }
    this.ranges = [...apart, merged].sort((a, b) => (a.from < b.from ? -1 : 1));
  }

  has(offset: bigint): boolean {
    return this.rangeAt(offset) !== undefined;
  }

  /** The first offset at or after `from` that is not in the set. */
  firstMissing(from: bigint): bigint {
    return this.rangeAt(from)?.to ?? from;
  }

  /** What of the range is not in the set, ascending. */
  *missingOf({ from, to }: OffsetRange): Iterable<OffsetRange> {
    for (let next = this.firstMissing(from); next < to;) {
      const end = this.ranges.find((range) => range.from > next)?.from ?? to;
      yield { from: next, to: end < to ? end : to };
      next = this.firstMissing(end);
    }
  }

  private rangeAt(offset: bigint): OffsetRange | undefined {
    let low = 0;
    let high = this.ranges.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const range = this.ranges[middle];
      if (range === undefined || offset < range.from) high = middle - 1;
      else if (offset >= range.to) low = middle + 1;
      else return range;
    }
    return undefined;
  }
}
