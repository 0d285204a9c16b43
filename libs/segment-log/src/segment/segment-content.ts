import { ATTRIBUTES, type BatchHeader } from '@tally/kafka-wire';
import type { DamagedRange } from './damaged-range.js';
import type { SegmentSummary } from './index-layout.js';
import { pointOfOffset, SparseIndex, type IndexEntries } from './sparse-index.js';

/** What is known of the durable batches of a segment, without reading them. */
export class SegmentContent {
  /** Of all batches while they are added; undefined while the index file has them. */
  private live: SparseIndex | undefined = new SparseIndex();
  private bytes = 0;
  private end: bigint;
  private maxTimeMs = -1;
  private maxAppendTimeMs = -1;
  private firstCrc = 0;
  private lastCrc = 0;
  private lastPosition = 0;
  private hasHoles = false;

  constructor(readonly baseOffset: bigint) {
    this.end = baseOffset;
  }

  get size(): number {
    return this.bytes;
  }

  /** The offset behind the last record. */
  get endOffset(): bigint {
    return this.end;
  }

  /** Of the records that can be read, ms since 1970; -1 when there are none at all, undefined when none can be read. */
  get maxTimestampMs(): number | undefined {
    return this.hasHoles && this.maxTimeMs < 0 ? undefined : this.maxTimeMs;
  }

  /** See Segment. */
  mayReach(timeMs: number): boolean {
    return this.hasHoles || this.maxTimeMs >= timeMs;
  }

  get summary(): SegmentSummary {
    return {
      baseOffset: this.baseOffset,
      endOffset: this.end,
      bytes: this.bytes,
      lastPosition: this.lastPosition,
      firstCrc: this.firstCrc,
      lastCrc: this.lastCrc,
      maxTimestampMs: this.maxTimeMs,
      maxAppendTimeMs: this.maxAppendTimeMs,
    };
  }

  /** Where batches begin, about every INDEX_INTERVAL_BYTES; undefined: ask the index file. */
  get entries(): IndexEntries | undefined {
    return this.live;
  }

  /** The entries, for an index file; undefined when they are in one, or are not all known. */
  get indexToStore(): IndexEntries | undefined {
    return this.hasHoles ? undefined : this.live;
  }

  /** The index file has the entries from now on. */
  useStoredIndex(): void {
    this.live = undefined;
  }

  /** The index file is of no use: these were made from the batches. */
  useEntries(made: SparseIndex): void {
    this.live = made;
  }

  /** The next batch behind those that are known is durable. */
  add({ size, count, maxTimestampMs, attributes, crc }: BatchHeader): void {
    if (this.bytes === 0) this.firstCrc = crc;
    this.lastPosition = this.bytes;
    this.lastCrc = crc;
    // Nobody knows which times the records had that cannot be read.
    const maxTimeBefore = this.hasHoles ? Infinity : this.maxTimeMs;
    this.live?.add(Number(this.end - this.baseOffset), this.bytes, maxTimeBefore);
    this.bytes += size;
    this.end += BigInt(count);
    this.maxTimeMs = Math.max(this.maxTimeMs, maxTimestampMs);
    if ((attributes & ATTRIBUTES.logAppendTime) !== 0) {
      this.maxAppendTimeMs = Math.max(this.maxAppendTimeMs, maxTimestampMs);
    }
  }

  /** What comes next cannot be read; behind it is the batch with `endOffset` at `endPosition`. */
  addDamaged({ endOffset, endPosition }: DamagedRange): void {
    this.bytes = endPosition;
    this.end = endOffset;
    this.lastCrc = 0;
    this.hasHoles = true;
  }

  /** Instead of adding batches: an index says what is in it. `entries`: when more will be added. */
  restore(summary: SegmentSummary, entries?: IndexEntries): void {
    this.end = summary.endOffset;
    this.bytes = summary.bytes;
    this.lastPosition = summary.lastPosition;
    this.firstCrc = summary.firstCrc;
    this.lastCrc = summary.lastCrc;
    this.maxTimeMs = summary.maxTimestampMs;
    this.maxAppendTimeMs = summary.maxAppendTimeMs;
    this.live = entries === undefined ? undefined : SparseIndex.of(entries);
  }

  /** See Segment. */
  bytesFrom(offset: bigint): number {
    if (this.live === undefined) return this.bytes;
    return this.bytes - pointOfOffset(this.live, Number(offset - this.baseOffset)).position;
  }
}
