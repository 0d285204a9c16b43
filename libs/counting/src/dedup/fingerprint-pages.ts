/** Of a page: entries that it has room for. */
export const SLOTS = 2048;
/** Of an entry: four words of a fingerprint, then the time when it came last; 0: the slot is free. */
export const TIME = 4;
const ENTRY_WORDS = TIME + 1;
/** Two entries and the hashes of the contents of their first occurrences, 16 bits each, side by side. */
const PAIR_WORDS = 2 * ENTRY_WORDS + 1;
const PAGE_WORDS = (SLOTS / 2) * PAIR_WORDS;
/** As a power of two: pages lie together in chunks, so that there are few arrays to look up. */
const CHUNK_BITS = 2;
const CHUNK_WORDS = PAGE_WORDS << CHUNK_BITS;
export const CHUNK_BYTES = CHUNK_WORDS * Int32Array.BYTES_PER_ELEMENT;

/** Where an entry lies in its chunk, whose page begins at `base`. */
export function entryAt(base: number, slot: number): number {
  return base + (slot >>> 1) * PAIR_WORDS + (slot & 1) * ENTRY_WORDS;
}

export function contentAt(chunk: Int32Array, base: number, slot: number): number {
  const word = base + (slot >>> 1) * PAIR_WORDS + 2 * ENTRY_WORDS;
  return ((chunk[word] ?? 0) >>> ((slot & 1) << 4)) & 0xffff;
}

export function setContent(chunk: Int32Array, base: number, slot: number, content: number): void {
  const word = base + (slot >>> 1) * PAIR_WORDS + 2 * ENTRY_WORDS;
  const shift = (slot & 1) << 4;
  chunk[word] = ((chunk[word] ?? 0) & ~(0xffff << shift)) | (content << shift);
}

/**
 * Copies an entry from another page into this one, which does not have it yet and begins at `base`.
 *
 * @param home Where it is looked for first.
 */
export function copyEntry(
  from: Int32Array,
  fromBase: number,
  fromSlot: number,
  chunk: Int32Array,
  base: number,
  home: number,
): void {
  let slot = home;
  let entry = entryAt(base, slot);
  while (chunk[entry + TIME] !== 0) {
    slot = (slot + 1) & (SLOTS - 1);
    entry = entryAt(base, slot);
  }
  const other = entryAt(fromBase, fromSlot);
  chunk[entry] = from[other] ?? 0;
  chunk[entry + 1] = from[other + 1] ?? 0;
  chunk[entry + 2] = from[other + 2] ?? 0;
  chunk[entry + 3] = from[other + 3] ?? 0;
  chunk[entry + TIME] = from[other + TIME] ?? 0;
  setContent(chunk, base, slot, contentAt(from, fromBase, fromSlot));
}

/** Pages of entries, numbered from 0 without gaps, so that memory that is not needed is given back. */
export class FingerprintPages {
  /** By page: slots that are not free. */
  readonly used: number[] = [];
  /** By page: how many bits of their place in the directory all its fingerprints have in common. */
  readonly depths: number[] = [];
  /** By page: those bits. */
  readonly prefixes: number[] = [];
  private readonly chunks: Int32Array[] = [];
  private readonly spare = new Int32Array(PAGE_WORDS);

  get count(): number {
    return this.used.length;
  }

  /** Of memory. */
  get bytes(): number {
    return this.chunks.length * CHUNK_BYTES;
  }

  chunkOf(page: number): Int32Array {
    const chunk = this.chunks[page >>> CHUNK_BITS];
    if (chunk === undefined) throw new Error(`expected one of ${this.count} pages, got ${page}`);
    return chunk;
  }

  baseOf(page: number): number {
    return (page & ((1 << CHUNK_BITS) - 1)) * PAGE_WORDS;
  }

  /** @returns its number; it is empty. */
  add(depth: number, prefix: number): number {
    const page = this.count;
    if (page >>> CHUNK_BITS === this.chunks.length) this.chunks.push(new Int32Array(CHUNK_WORDS));
    this.used.push(0);
    this.depths.push(depth);
    this.prefixes.push(prefix);
    return page;
  }

  /** The last page gets the number of this one. */
  remove(page: number): void {
    const last = this.count - 1;
    if (page !== last) this.chunkOf(page).set(this.wordsOf(last), this.baseOf(page));
    this.wordsOf(last).fill(0);
    this.used[page] = this.used[last] ?? 0;
    this.depths[page] = this.depths[last] ?? 0;
    this.prefixes[page] = this.prefixes[last] ?? 0;
    this.used.pop();
    this.depths.pop();
    this.prefixes.pop();
    // One more than needed is kept, so that a page that comes and goes does not make one each time.
    const most = Math.ceil(last / (1 << CHUNK_BITS)) + 1;
    if (this.chunks.length > most) this.chunks.length = most;
  }

  /** Empties the page. @returns what was in it, in a page of its own, until this is called again. */
  emptied(page: number): Int32Array {
    const words = this.wordsOf(page);
    this.spare.set(words);
    words.fill(0);
    this.used[page] = 0;
    return this.spare;
  }

  private wordsOf(page: number): Int32Array {
    const base = this.baseOf(page);
    return this.chunkOf(page).subarray(base, base + PAGE_WORDS);
  }
}
