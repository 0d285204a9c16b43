import { addCounts, malformed, SketchReader, varintBytes, writeVarint } from '../sketch-bytes.js';
import { bucketOf, BUCKETS, magnitudeOf } from './value-buckets.js';

export { QUANTILE_ERROR } from './value-buckets.js';

/** First byte of a sketch. */
export const BUCKETED = 3;

/** Keys: negative values from -BUCKETS, the largest magnitude, to -1; 0; positive ones from 1 to BUCKETS. */
const KEYS = 2 * BUCKETS + 1;
const KEY_BYTES = 2;
/** Quantiles are asked in thousandths. */
const PER_MILLE = 1000n;

/**
 * How values are distributed: DDSketch (Masson, Rim and Lee, 2019), exact counts in buckets that are 2 %
 * wide. Values have a bound and a least magnitude, so there are BUCKETS buckets on each side of zero, and
 * none is ever collapsed. What it is depends on the values alone: not on their order, nor on how they came
 * together out of others.
 */
export class DDSketch {
  /** Values that it has seen. */
  count = 0;
  /** Counts by key. */
  private readonly counts = new Map<number, number>();

  /** @param micro In micro-units, as the nearest double; magnitude below 10^18. */
  add(micro: number): void {
    const bucket = micro === 0 ? 0 : bucketOf(Math.abs(micro)) + 1;
    this.raise(micro < 0 ? -bucket : bucket, 1);
  }

  /** At least the bytes that `encode` makes. */
  get size(): number {
    return 1 + KEY_BYTES + this.counts.size * (KEY_BYTES + varintBytes(this.count));
  }

  /** Takes in the sketch that begins at `at`, and returns its end. RangeError when none does. */
  merge(bytes: Buffer, at: number): number {
    return readBuckets(bytes, at, (key, count) => this.raise(key, count));
  }

  /** See docs/formats/sketch.md. */
  encode(): Buffer {
    const bytes = Buffer.alloc(this.size);
    bytes[0] = BUCKETED;
    let at = writeVarint(bytes, 1, this.counts.size);
    let next = -BUCKETS;
    for (const key of this.keys()) {
      at = writeVarint(bytes, at, key - next);
      at = writeVarint(bytes, at, this.counts.get(key) ?? 0);
      next = key + 1;
    }
    return bytes.subarray(0, at);
  }

  /**
   * In micro-units, at most QUANTILE_ERROR beside the value with the number floor(q (n - 1)) of all n in
   * ascending order, from 0; q in thousandths. undefined when there is none.
   */
  quantile(perMille: number): number | undefined {
    if (this.count === 0) return undefined;
    const number = Number((BigInt(perMille) * BigInt(this.count - 1)) / PER_MILLE);
    let behind = 0;
    for (const key of this.keys()) {
      behind += this.counts.get(key) ?? 0;
      if (behind <= number) continue;
      if (key === 0) return 0;
      return key < 0 ? -magnitudeOf(-key - 1) : magnitudeOf(key - 1);
    }
    throw new Error('expected counts that add up to the number of values');
  }

  private raise(key: number, count: number): void {
    this.count = addCounts(this.count, count);
    this.counts.set(key, (this.counts.get(key) ?? 0) + count);
  }

  /** Ascending. */
  private keys(): Int16Array {
    return Int16Array.from(this.counts.keys()).sort();
  }
}

/** Reads the sketch that begins at `at`, bucket by bucket, and returns its end. RangeError when none does. */
export function readBuckets(
  bytes: Buffer,
  at: number,
  take: (key: number, count: number) => void,
): number {
  const reader = new SketchReader(bytes, at);
  const form = reader.byte();
  if (form !== BUCKETED) throw malformed(`a first byte of ${form}`);
  const buckets = reader.varint();
  if (buckets > KEYS) throw malformed(`${buckets} buckets`);
  let next = -BUCKETS;
  for (let bucket = 0; bucket < buckets; bucket++) {
    const key = next + reader.varint();
    if (key > BUCKETS) throw malformed('a value out of range');
    const count = reader.varint();
    if (count === 0) throw malformed('a bucket without values');
    take(key, count);
    next = key + 1;
  }
  return reader.at;
}
