import type { BatchHeader } from '@tally/kafka-wire';
import type { HeldFile } from '../files/open-files.js';
import type { DamagedRange } from './damaged-range.js';
import type { SegmentSummary } from './index-layout.js';
import { makeIndex } from './make-index.js';
import { headerAt, readWindow, wholeBatches, type Cursor } from './read-batches.js';
import { RetiringFile } from './retiring-file.js';
import { SegmentContent } from './segment-content.js';
import { pointOfOffset, pointOfTime, type IndexEntries } from './sparse-index.js';
import type { StoredIndexes } from './stored-indexes.js';

/** Where a record is that was looked up by time. */
export interface TimedOffset {
  readonly offset: bigint;
  readonly timestampMs: number;
}

const NO_DAMAGE: readonly DamagedRange[] = [];

/** A file of batches, one behind the other, as they are on the wire. It knows durable ones only. */
export class Segment {
  private readonly content: SegmentContent;
  private readonly lifetime: RetiringFile;

  constructor(
    readonly path: string,
    readonly baseOffset: bigint,
    readonly file: HeldFile,
    private readonly indexes: StoredIndexes,
  ) {
    this.content = new SegmentContent(baseOffset);
    this.lifetime = new RetiringFile(path, file);
  }

  /** Bytes of durable batches; what lies behind them in the file is of no account. */
  get size(): number {
    return this.content.size;
  }

  /** The offset behind the last durable record. */
  get endOffset(): bigint {
    return this.content.endOffset;
  }

  /** Of the records that can be read, ms since 1970; -1 when there are none at all, undefined when none can be read. */
  get maxTimestampMs(): number | undefined {
    return this.content.maxTimestampMs;
  }

  /** Whether some record may have this time or a later one: one that cannot be read may. */
  mayReach(timeMs: number): boolean {
    return this.content.mayReach(timeMs);
  }

  get summary(): SegmentSummary {
    return this.content.summary;
  }

  /** The entries, for an index file; undefined when they are in one, or are not all known. */
  get indexToStore(): IndexEntries | undefined {
    return this.content.indexToStore;
  }

  /**
   * About how many bytes lie from the batch with `offset` to the end, without reading: less than
   * INDEX_INTERVAL_BYTES too many, or the whole segment where the index file has the entries.
   */
  bytesFrom(offset: bigint): number {
    return this.content.bytesFrom(offset);
  }

  /** Keeps the file open while `read` runs. Rejects with RetiredSegment when it is closed already. */
  reading<T>(read: () => Promise<T>): Promise<T> {
    return this.lifetime.reading(read);
  }

  /** The next batch behind those that are known is durable. */
  add(header: BatchHeader): void {
    this.content.add(header);
  }

  /** What comes next cannot be read; behind it is the batch with `endOffset` at `endPosition`. */
  addDamaged(range: DamagedRange): void {
    this.content.addDamaged(range);
  }

  /** Instead of adding batches: an index says what is in it. `entries`: when more will be added. */
  restore(summary: SegmentSummary, entries?: IndexEntries): void {
    this.content.restore(summary, entries);
  }

  /** The index file has the entries from now on. */
  useStoredIndex(): void {
    this.content.useStoredIndex();
  }

  /**
   * Whole batches, beginning with the one that contains `offset`, of at most `maxBytes` together;
   * the first one in any case. `offset` is in this segment and in none of the ranges. Throws DamagedLog.
   */
  read(offset: bigint, maxBytes: number, damaged = NO_DAMAGE): Promise<Buffer> {
    return this.lifetime.reading(async () => {
      const before = damaged.findLast((range) => range.endOffset <= offset);
      const point = pointOfOffset(await this.entries(), Number(offset - this.baseOffset));
      const start: Cursor =
        before !== undefined && before.endPosition > point.position
          ? { position: before.endPosition, offset: before.endOffset }
          : { position: point.position, offset: this.baseOffset + BigInt(point.offset) };
      const stop = damaged.find((range) => range.offset > offset)?.position ?? this.size;
      const window = await readWindow(this, start, maxBytes, stop);
      for (let at = 0, next = start.offset; ;) {
        const cursor = { position: start.position + at, offset: next };
        const header = headerAt(this, window, at, cursor);
        next += BigInt(header.count);
        if (next > offset) {
          return wholeBatches(this, window.subarray(at), cursor, header.size, maxBytes);
        }
        at += header.size;
      }
    });
  }

  /**
   * The first batch with a timestamp of at least `timeMs`; undefined: there is none. Where a damaged
   * range may have it, the beginning of that: who reads on there learns of it. Throws DamagedLog.
   */
  firstAtOrAfter(timeMs: number, damaged = NO_DAMAGE): Promise<TimedOffset | undefined> {
    return this.lifetime.reading(async () => {
      const point = pointOfTime(await this.entries(), timeMs);
      let { position } = point;
      let offset = this.baseOffset + BigInt(point.offset);
      const stop = damaged.find((range) => range.endPosition >= position) ?? {
        position: this.size,
        offset: undefined,
      };
      while (position < stop.position) {
        const cursor = { position, offset };
        const header = headerAt(this, await readWindow(this, cursor, 0, stop.position), 0, cursor);
        if (header.maxTimestampMs >= timeMs) {
          await wholeBatches(this, Buffer.alloc(0), cursor, header.size, 0);
          return { offset, timestampMs: header.maxTimestampMs };
        }
        position += header.size;
        offset += BigInt(header.count);
      }
      return stop.offset === undefined ? undefined : { offset: stop.offset, timestampMs: timeMs };
    });
  }

  /** Closes the file once nobody reads it any more. */
  async retire(): Promise<void> {
    this.indexes.forget(this.path);
    await this.lifetime.retire();
  }

  /** Where the index file cannot be used, the entries are made anew from the headers. */
  private async entries(): Promise<IndexEntries> {
    const known =
      this.content.entries ?? (await this.indexes.entries(this.path, this.content.summary));
    if (known !== undefined) return known;
    const made = await makeIndex(this);
    this.content.useEntries(made);
    return made;
  }
}
