const WORDS = 4;
const SMALLEST_CAPACITY = 1024;
/** Above this share of used buckets the table is swept, and grown if that did not help. */
const MAX_LOAD = 0.6;
/** After a sweep there is room for many more before the next. */
const LOAD_AFTER_SWEEP = 0.4;
/** Times are kept as 32-bit numbers of ms after a base that moves with each sweep. */
const MAX_RELATIVE_TIME = 0xffff_ffff;

/** An event is the first of its fingerprint, or has a fate: a copy of that, or another of its id. */
export type Occurrence = 'first' | 'duplicates' | 'conflicting';

/**
 * Which events are duplicates, decided by the log alone: an event is a duplicate iff its fingerprint
 * occurs earlier in the same partition, counted or not, with an append time at most `windowMs`
 * before. One window per partition; its events are told in the order of the log. A duplicate whose
 * contents are not those of the first one is a conflicting one: as little counted, but no copy.
 *
 * An open-addressing table of whole 128-bit fingerprints: exact, 22 bytes a bucket, without the
 * pauses of a Set of strings. Fingerprints are cryptographic hashes, so their own bits spread them.
 */
export class DedupWindow {
  /** Four words of a fingerprint per bucket. */
  private keys = new Uint32Array(SMALLEST_CAPACITY * WORDS);
  /** Last append time of the fingerprint in this bucket, as ms after `base` plus 1; 0: free. */
  private times = new Uint32Array(SMALLEST_CAPACITY);
  /** Hash of the contents of the first occurrence. */
  private contents = new Uint16Array(SMALLEST_CAPACITY);
  private capacity = SMALLEST_CAPACITY;
  private used = 0;
  private base = 0;

  constructor(private readonly windowMs: number) {
    if (!Number.isInteger(windowMs) || windowMs < 1 || windowMs > MAX_RELATIVE_TIME / 2)
      throw new RangeError(`expected a window of 1 to 2^31 ms, got ${windowMs}`);
  }

  /** Number of fingerprints remembered; some may be too old to matter. */
  get size(): number {
    return this.used;
  }

  /**
   * Tells of the next occurrence: 16 bytes of fingerprint at `at`, appended at `appendMs` (ms since
   * 1970, never less than before), with contents of this hash (`contentHash`).
   */
  record(bytes: Buffer, at: number, appendMs: number, content: number): Occurrence {
    if (this.used >= this.capacity * MAX_LOAD || appendMs - this.base >= MAX_RELATIVE_TIME)
      this.sweep(appendMs);
    const a = bytes.readUInt32BE(at);
    const b = bytes.readUInt32BE(at + 4);
    const c = bytes.readUInt32BE(at + 8);
    const d = bytes.readUInt32BE(at + 12);
    const bucket = this.find(a, b, c, d);
    const now = appendMs - this.base + 1;
    const before = this.times[bucket] ?? 0;
    this.times[bucket] = now;
    if (before !== 0 && now - before <= this.windowMs)
      return this.contents[bucket] === content ? 'duplicates' : 'conflicting';
    this.contents[bucket] = content;
    if (before !== 0) return 'first';
    this.write(bucket, a, b, c, d);
    this.used += 1;
    return 'first';
  }

  /** The bucket of this fingerprint, or the free one where it belongs. */
  private find(a: number, b: number, c: number, d: number): number {
    const { keys, times } = this;
    const mask = this.capacity - 1;
    // The first word chose the partition, so within one partition its low bits are alike.
    let bucket = b & mask;
    while (times[bucket] !== 0) {
      const key = bucket * WORDS;
      if (keys[key] === a && keys[key + 1] === b && keys[key + 2] === c && keys[key + 3] === d)
        return bucket;
      bucket = (bucket + 1) & mask;
    }
    return bucket;
  }

  private write(bucket: number, a: number, b: number, c: number, d: number): void {
    const key = bucket * WORDS;
    this.keys[key] = a;
    this.keys[key + 1] = b;
    this.keys[key + 2] = c;
    this.keys[key + 3] = d;
  }

  /** Forgets what can make no event at or after `appendMs` a duplicate, and makes room. */
  private sweep(appendMs: number): void {
    const { keys, times, contents, base } = this;
    const oldest = appendMs - this.windowMs;
    const isKept = (bucket: number): boolean => {
      const time = times[bucket] ?? 0;
      return time !== 0 && base + time - 1 >= oldest;
    };
    let kept = 0;
    for (let bucket = 0; bucket < times.length; bucket++) if (isKept(bucket)) kept += 1;
    let capacity = SMALLEST_CAPACITY;
    while (kept > capacity * LOAD_AFTER_SWEEP) capacity *= 2;

    this.capacity = capacity;
    this.keys = new Uint32Array(capacity * WORDS);
    this.times = new Uint32Array(capacity);
    this.contents = new Uint16Array(capacity);
    this.base = Math.max(0, oldest);
    this.used = kept;
    for (let bucket = 0; bucket < times.length; bucket++) {
      if (!isKept(bucket)) continue;
      const key = bucket * WORDS;
      const a = keys[key] ?? 0;
      const b = keys[key + 1] ?? 0;
      const c = keys[key + 2] ?? 0;
      const d = keys[key + 3] ?? 0;
      const found = this.find(a, b, c, d);
      this.write(found, a, b, c, d);
      this.times[found] = base + (times[bucket] ?? 0) - this.base;
      this.contents[found] = contents[bucket] ?? 0;
    }
  }
}
