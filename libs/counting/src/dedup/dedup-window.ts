import { randomFillSync } from 'node:crypto';
import {
  contentAt,
  copyEntry,
  entryAt,
  FingerprintPages,
  setContent,
  SLOTS,
  TIME,
} from './fingerprint-pages.js';

/** A page with more is swept, and split if that did not help. */
const MAX_USED = Math.floor(SLOTS * 0.875);
/** So many are left by a sweep that helped; if more were, the next one would come too soon. */
const MAX_KEPT = Math.floor(MAX_USED * 0.94);
/** Two pages that have no more together become one. */
const MAX_MERGED = Math.floor(MAX_USED * 0.5);
/** Pages that are swept at once, where all are swept in the time of a window: each takes some 50 µs. */
const MAX_SWEPT = 16;
/** An entry has the ms of its time modulo this, times two, plus one. */
const TIME_RANGE_MS = 2 ** 31;
/** No page is left unswept for longer, so that no time is taken for one of a later round. */
const MAX_SWEEP_MS = 2 ** 28;
const MAX_WINDOW_MS = 2 ** 29;
/** Places are told apart by 24 bits of a hash: enough for some 20 000 million fingerprints. */
const MAX_DEPTH = 24;
const NONE = -1;
const STEPS = spiral();

/** Fingerprints are chosen by whoever sends events: where they lie is a secret of this process. */
const [SECRET_B = 1, SECRET_C = 1, SECRET_D = 1, SECRET_MIX = 1] = randomFillSync(
  new Int32Array(4),
).map((word) => word | 1);

/** Of memory, for each fingerprint of a window that has hundreds of thousands. */
export const MAX_FINGERPRINT_BYTES = 40;

/** An event is the first of its fingerprint, or has a fate: a copy of that, or another of its id. */
export type Occurrence = 'first' | 'duplicates' | 'conflicting';

/**
 * Which events are duplicates, decided by the log alone: an event is a duplicate iff its fingerprint
 * occurs earlier in the same partition, counted or not, with an append time at most `windowMs`
 * before. One window per partition; its events are told in the order of the log. A duplicate whose
 * contents are not those of the first one is a conflicting one: as little counted, but no copy.
 *
 * Whole 128-bit fingerprints, so it is exact, in small pages that a directory finds by the first bits
 * of a hash (extendible hashing, Fagin et al. 1979). It grows by splitting one page at a time and
 * forgets by sweeping one at a time, so no event waits until all others are moved.
 */
export class DedupWindow {
  private pages = new FingerprintPages();
  /** By place: the page that has the fingerprints of that place. 2^`depth` places. */
  private directory: number[] = [this.pages.add(0, 0)];
  private depth = 0;
  private used = 0;
  /** Append time of the last record, and as entries have it. */
  private latestMs = 0;
  private now = 1;
  /** The place whose page is swept next, and when the first one was. */
  private cursor = 0;
  private sweepBeganMs = 0;
  /** Difference of two times of entries that are one window apart. */
  private readonly maxAge: number;

  constructor(private readonly windowMs: number) {
    if (!Number.isInteger(windowMs) || windowMs < 1 || windowMs > MAX_WINDOW_MS)
      throw new RangeError(`expected a window of 1 to 2^29 ms, got ${windowMs}`);
    this.maxAge = 2 * windowMs;
  }

  /** Number of fingerprints remembered; some may be too old to matter. */
  get size(): number {
    return this.used;
  }

  /** Bytes of memory for them. */
  get bytes(): number {
    return this.pages.bytes;
  }

  /**
   * Tells of the next occurrence: 16 bytes of fingerprint at `at`, appended at `appendMs` (ms since
   * 1970, never less than before), with contents of this hash (`contentHash`).
   */
  record(bytes: Buffer, at: number, appendMs: number, content: number): Occurrence {
    if (appendMs !== this.latestMs) this.advance(appendMs);
    const { maxAge, now, pages } = this;
    const a = wordAt(bytes, at);
    const b = wordAt(bytes, at + 4);
    const c = wordAt(bytes, at + 8);
    const d = wordAt(bytes, at + 12);
    const hash = hashOf(b, c, d);
    const page = this.pageAt(placeOf(hash, this.depth));
    const chunk = pages.chunkOf(page);
    const base = pages.baseOf(page);
    let slot = hash & (SLOTS - 1);
    let forgotten = NONE;
    for (;;) {
      const entry = entryAt(base, slot);
      const time = chunk[entry + TIME] ?? 0;
      if (time === 0) break;
      const isForgotten = (now - time) >>> 0 > maxAge;
      if (
        chunk[entry + 1] === b &&
        chunk[entry] === a &&
        chunk[entry + 2] === c &&
        chunk[entry + 3] === d
      ) {
        chunk[entry + TIME] = now;
        if (!isForgotten)
          return contentAt(chunk, base, slot) === content ? 'duplicates' : 'conflicting';
        setContent(chunk, base, slot, content);
        return 'first';
      }
      if (isForgotten && forgotten === NONE) forgotten = slot;
      slot = (slot + 1) & (SLOTS - 1);
    }
    if (forgotten !== NONE) {
      slot = forgotten;
    } else {
      const used = pages.used[page] ?? 0;
      if (used >= MAX_USED) {
        this.makeRoom(page);
        return this.record(bytes, at, appendMs, content);
      }
      pages.used[page] = used + 1;
      this.used += 1;
    }
    const entry = entryAt(base, slot);
    chunk[entry] = a;
    chunk[entry + 1] = b;
    chunk[entry + 2] = c;
    chunk[entry + 3] = d;
    chunk[entry + TIME] = now;
    setContent(chunk, base, slot, content);
    return 'first';
  }

  /** Forgets all that can make no event appended then or later a duplicate: as `record`, but at once. */
  forgetBefore(appendMs: number): void {
    if (appendMs !== this.latestMs) this.advance(appendMs);
    this.sweepAll();
  }

  /** Time has passed in the log. */
  private advance(appendMs: number): void {
    const { latestMs, windowMs } = this;
    this.latestMs = appendMs;
    this.now = ((appendMs % TIME_RANGE_MS) << 1) | 1;
    if (appendMs - latestMs > windowMs) return this.forgetAll();
    const beforeMs = appendMs - this.sweepBeganMs;
    if (beforeMs > MAX_SWEEP_MS) return this.sweepAll();
    const share = beforeMs / windowMs;
    const due = share * this.directory.length;
    for (let swept = 0; swept < MAX_SWEPT && this.endOf(this.pageAt(this.cursor)) <= due; swept++)
      this.sweepNext();
  }

  private forgetAll(): void {
    this.pages = new FingerprintPages();
    this.directory = [this.pages.add(0, 0)];
    this.depth = 0;
    this.used = 0;
    this.cursor = 0;
    this.sweepBeganMs = this.latestMs;
  }

  private sweepAll(): void {
    this.cursor = 0;
    do this.sweepNext();
    while (this.cursor !== 0);
  }

  /** Sweeps the next page, and gives it what its neighbours have, as long as that is little. */
  private sweepNext(): void {
    const page = this.pageAt(this.cursor);
    this.sweep(page);
    while (this.merge(this.pageAt(this.cursor)));
    this.cursor = this.endOf(this.pageAt(this.cursor));
    if (this.cursor < this.directory.length) return;
    this.cursor = 0;
    this.sweepBeganMs = this.latestMs;
  }

  /** Forgets what can make no event from now on a duplicate. */
  private sweep(page: number): void {
    const { pages, now, maxAge } = this;
    const chunk = pages.chunkOf(page);
    const base = pages.baseOf(page);
    let kept = 0;
    for (let slot = 0; slot < SLOTS; slot++) {
      const time = chunk[entryAt(base, slot) + TIME] ?? 0;
      if (time !== 0 && (now - time) >>> 0 <= maxAge) kept += 1;
    }
    const used = pages.used[page] ?? 0;
    if (kept === used) return;
    this.used -= used - kept;
    this.takeAll(pages.emptied(page), 0, page, page, 0);
  }

  /** Makes room in a page that is full. */
  private makeRoom(page: number): void {
    this.sweep(page);
    if ((this.pages.used[page] ?? 0) > MAX_KEPT) this.split(page);
  }

  private split(page: number): void {
    const { pages } = this;
    const depth = (pages.depths[page] ?? 0) + 1;
    if (depth > MAX_DEPTH)
      throw new Error('expected fingerprints that a cryptographic hash has made');
    const prefix = (pages.prefixes[page] ?? 0) * 2;
    if (depth > this.depth) {
      this.directory = this.directory.flatMap((each) => [each, each]);
      this.depth = depth;
      this.cursor *= 2;
    }
    pages.depths[page] = depth;
    pages.prefixes[page] = prefix;
    const upper = pages.add(depth, prefix + 1);
    this.direct(upper);
    this.takeAll(pages.emptied(page), 0, page, upper, depth);
  }

  /** The page takes what the other half of one page less deep has. @returns whether that was little. */
  private merge(page: number): boolean {
    const { pages } = this;
    const depth = pages.depths[page] ?? 0;
    if (depth === 0) return false;
    const prefix = pages.prefixes[page] ?? 0;
    const other = this.pageAt((prefix ^ 1) << (this.depth - depth));
    if (pages.depths[other] !== depth) return false;
    this.sweep(other);
    if ((pages.used[page] ?? 0) + (pages.used[other] ?? 0) > MAX_MERGED) return false;
    this.takeAll(pages.chunkOf(other), pages.baseOf(other), page, page, 0);
    pages.depths[page] = depth - 1;
    pages.prefixes[page] = prefix >>> 1;
    this.direct(page);
    pages.remove(other);
    // The last page has that number now; it may be `page` itself.
    if (other < pages.count) this.direct(other);
    return true;
  }

  /**
   * Copies all that is not too old: into `upper` what has a 1 as the last bit of its place in a directory
   * of that depth, the rest into `lower`.
   */
  private takeAll(
    from: Int32Array,
    fromBase: number,
    lower: number,
    upper: number,
    depth: number,
  ): void {
    const { pages, now, maxAge } = this;
    const chunks = [pages.chunkOf(lower), pages.chunkOf(upper)] as const;
    const bases = [pages.baseOf(lower), pages.baseOf(upper)] as const;
    let taken = 0;
    let above = 0;
    for (let slot = 0; slot < SLOTS; slot++) {
      const entry = entryAt(fromBase, slot);
      const time = from[entry + TIME] ?? 0;
      if (time === 0 || (now - time) >>> 0 > maxAge) continue;
      const hash = hashOf(from[entry + 1] ?? 0, from[entry + 2] ?? 0, from[entry + 3] ?? 0);
      const half = placeOf(hash, depth) & 1;
      const home = hash & (SLOTS - 1);
      if (half === 0) copyEntry(from, fromBase, slot, chunks[0], bases[0], home);
      else copyEntry(from, fromBase, slot, chunks[1], bases[1], home);
      taken += 1;
      above += half;
    }
    pages.used[lower] = (pages.used[lower] ?? 0) + taken - above;
    pages.used[upper] = (pages.used[upper] ?? 0) + above;
  }

  /** Makes the directory name this page in its places. */
  private direct(page: number): void {
    const first = this.firstPlaceOf(page);
    this.directory.fill(page, first, first + this.placesOf(page));
  }

  private firstPlaceOf(page: number): number {
    return (this.pages.prefixes[page] ?? 0) * this.placesOf(page);
  }

  private endOf(page: number): number {
    return this.firstPlaceOf(page) + this.placesOf(page);
  }

  private placesOf(page: number): number {
    return 2 ** (this.depth - (this.pages.depths[page] ?? 0));
  }

  private pageAt(place: number): number {
    const page = this.directory[place];
    if (page === undefined) throw new Error(`expected a page at place ${place}`);
    return page;
  }
}

/** Four times as fast as `readInt32BE`. */
function wordAt(bytes: Buffer, at: number): number {
  const upper = ((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16);
  return upper | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0);
}

/** 32 bits of which nobody knows beforehand where they lead (multilinear hashing, then mixed). */
function hashOf(b: number, c: number, d: number): number {
  // The first word chose the partition, so within one partition its low bits are alike.
  const sum = (Math.imul(b, SECRET_B) + Math.imul(c, SECRET_C) + Math.imul(d, SECRET_D)) | 0;
  const mixed = Math.imul(sum ^ (sum >>> 15), SECRET_MIX);
  return mixed ^ (mixed >>> 15);
}

/**
 * Where a hash lies in a directory of 2^`depth` places. Not evenly: the pages of places with equally
 * many fingerprints would be full, and split, at about the same time, and all be half empty after
 * that. From the first place to the last as many become twice as many (spiral storage, Martin 1979).
 */
function placeOf(hash: number, depth: number): number {
  const step = (hash >>> 24) * 2;
  const place = (STEPS[step] ?? 0) + Math.imul((hash >>> 8) & 0xffff, STEPS[step + 1] ?? 0);
  return (place >>> 1) >>> (31 - depth);
}

/** For each first byte of a hash: the place where it begins, of 2^32, and how many each of the next two bytes has. */
function spiral(): Int32Array {
  const steps = new Int32Array(512);
  let place = 0;
  for (let byte = 0; byte < 256; byte++) {
    const end = Math.floor(2 ** 16 * Math.log2(1 + (byte + 1) / 256));
    steps[2 * byte] = place << 16;
    steps[2 * byte + 1] = end - place;
    place = end;
  }
  return steps;
}
