import {
  ATTRIBUTES,
  BATCH_HEADER_BYTES,
  hasValidCrc,
  readBatchHeader,
  type BatchHeader,
} from '@tally/kafka-wire';
import { DamagedLog } from '../files/damaged-log.js';
import type { FileSystem, LogFile } from '../files/file-system.js';
import { readUpToDamage } from '../files/read-up-to-damage.js';
import type { DamagedRange } from './damaged-range.js';
import type { SegmentSummary } from './index-layout.js';
import { scanBatches } from './scan-segment.js';
import {
  INDEX_INTERVAL_BYTES,
  pointOfOffset,
  pointOfTime,
  SparseIndex,
  type IndexEntries,
} from './sparse-index.js';
import type { StoredIndexes } from './stored-indexes.js';

/** `00000000000000000042.log`: the offset of the first record, in 20 digits. */
const FILE_NAME = /^(\d{20})\.log$/;

export function segmentFileName(baseOffset: bigint): string {
  return `${String(baseOffset).padStart(20, '0')}.log`;
}

/** The base offset that a file's name gives; undefined when it is no segment. */
export function baseOffsetOf(fileName: string): bigint | undefined {
  const digits = FILE_NAME.exec(fileName)?.[1];
  return digits === undefined ? undefined : BigInt(digits);
}

/** Base offsets of the segments of a partition, in order. */
export async function segmentsIn(files: FileSystem, folder: string): Promise<bigint[]> {
  const names = await files.list(folder);
  return names.flatMap((name) => baseOffsetOf(name) ?? []).toSorted((a, b) => (a < b ? -1 : 1));
}

/** Where a record is that was looked up by time. */
export interface TimedOffset {
  readonly offset: bigint;
  readonly timestampMs: number;
}

/** A place in the file where a batch begins, or has to. */
interface Cursor {
  readonly position: number;
  readonly offset: bigint;
}

const NO_DAMAGE: readonly DamagedRange[] = [];

/** The file is closed: whoever reads found the segment before it went, and looks again. */
export class RetiredSegment extends Error {
  constructor(path: string) {
    super(`${path} is not part of the log any more`);
    this.name = 'RetiredSegment';
  }
}

/** A file of batches, one behind the other, as they are on the wire. It knows durable ones only. */
export class Segment {
  /** Of all batches while they are added; undefined while the index file has them. */
  private live: SparseIndex | undefined = new SparseIndex();
  private durableBytes = 0;
  private end: bigint;
  private greatestTimeMs = -1;
  private greatestAppendTimeMs = -1;
  private firstCrc = 0;
  private lastCrc = 0;
  private lastPosition = 0;
  private hasHoles = false;
  private readers = 0;
  private retired = false;

  constructor(
    readonly path: string,
    readonly baseOffset: bigint,
    readonly file: LogFile,
    private readonly indexes: StoredIndexes,
  ) {
    this.end = baseOffset;
  }

  /** Bytes of durable batches; what lies behind them in the file is of no account. */
  get size(): number {
    return this.durableBytes;
  }

  /** The offset behind the last durable record. */
  get endOffset(): bigint {
    return this.end;
  }

  /** Greatest timestamp of a record in it, ms since 1970; -1 when there is none. */
  get maxTimestampMs(): number {
    return this.greatestTimeMs;
  }

  /**
   * About how many bytes lie from the batch with `offset` to the end, without reading: less than
   * INDEX_INTERVAL_BYTES too many, or the whole segment where the index file has the entries.
   */
  bytesFrom(offset: bigint): number {
    if (this.live === undefined) return this.durableBytes;
    const { position } = pointOfOffset(this.live, Number(offset - this.baseOffset));
    return this.durableBytes - position;
  }

  get summary(): SegmentSummary {
    return {
      baseOffset: this.baseOffset,
      endOffset: this.end,
      bytes: this.durableBytes,
      lastPosition: this.lastPosition,
      firstCrc: this.firstCrc,
      lastCrc: this.lastCrc,
      maxTimestampMs: this.greatestTimeMs,
      maxAppendTimeMs: this.greatestAppendTimeMs,
    };
  }

  /** The next batch behind those that are known is durable. */
  add({ size, count, maxTimestampMs, attributes, crc }: BatchHeader): void {
    if (this.durableBytes === 0) this.firstCrc = crc;
    this.lastPosition = this.durableBytes;
    this.lastCrc = crc;
    this.live?.add(Number(this.end - this.baseOffset), this.durableBytes, this.greatestTimeMs);
    this.durableBytes += size;
    this.end += BigInt(count);
    this.greatestTimeMs = Math.max(this.greatestTimeMs, maxTimestampMs);
    if ((attributes & ATTRIBUTES.logAppendTime) !== 0) {
      this.greatestAppendTimeMs = Math.max(this.greatestAppendTimeMs, maxTimestampMs);
    }
  }

  /** What comes next cannot be read; behind it is the batch with `endOffset` at `endPosition`. */
  addDamaged({ endOffset, endPosition }: DamagedRange): void {
    this.durableBytes = endPosition;
    this.end = endOffset;
    this.lastCrc = 0;
    this.hasHoles = true;
    // Nobody knows which times it had.
    this.greatestTimeMs = Infinity;
  }

  /** Instead of adding batches: an index says what is in it. `entries`: when more will be added. */
  restore(summary: SegmentSummary, entries?: IndexEntries): void {
    this.end = summary.endOffset;
    this.durableBytes = summary.bytes;
    this.lastPosition = summary.lastPosition;
    this.firstCrc = summary.firstCrc;
    this.lastCrc = summary.lastCrc;
    this.greatestTimeMs = summary.maxTimestampMs;
    this.greatestAppendTimeMs = summary.maxAppendTimeMs;
    this.live = entries === undefined ? undefined : SparseIndex.of(entries);
  }

  /** The entries, for an index file; undefined when they are in one, or are not all known. */
  get indexToStore(): IndexEntries | undefined {
    return this.hasHoles ? undefined : this.live;
  }

  /** The index file has the entries from now on. */
  useStoredIndex(): void {
    this.live = undefined;
  }

  /**
   * Whole batches, beginning with the one that contains `offset`, of at most `maxBytes` together;
   * the first one in any case. `offset` is in this segment and in none of the ranges. Throws DamagedLog.
   */
  async read(offset: bigint, maxBytes: number, damaged = NO_DAMAGE): Promise<Buffer> {
    return this.reading(async () => {
      const before = damaged.findLast((range) => range.endOffset <= offset);
      const point = pointOfOffset(await this.entries(), Number(offset - this.baseOffset));
      const start: Cursor =
        before !== undefined && before.endPosition > point.position
          ? { position: before.endPosition, offset: before.endOffset }
          : { position: point.position, offset: this.baseOffset + BigInt(point.offset) };
      const stop = damaged.find((range) => range.offset > offset)?.position ?? this.durableBytes;
      const window = await this.window(start, maxBytes, stop);
      for (let at = 0, expected = start.offset; ;) {
        const header = this.headerAt(window, at, {
          position: start.position + at,
          offset: expected,
        });
        expected += BigInt(header.count);
        if (expected > offset) {
          const first = { position: start.position + at, offset: header.baseOffset };
          return this.wholeBatches(window.subarray(at), first, header.size, maxBytes);
        }
        at += header.size;
      }
    });
  }

  /**
   * The first batch with a timestamp of at least `timeMs`; undefined: there is none. Where a damaged
   * range may have it, the beginning of that: who reads on there learns of it. Throws DamagedLog.
   */
  async firstAtOrAfter(timeMs: number, damaged = NO_DAMAGE): Promise<TimedOffset | undefined> {
    return this.reading(async () => {
      const point = pointOfTime(await this.entries(), timeMs);
      let { position } = point;
      let offset = this.baseOffset + BigInt(point.offset);
      const stop = damaged.find((range) => range.endPosition >= position) ?? {
        position: this.durableBytes,
        offset: undefined,
      };
      while (position < stop.position) {
        const cursor = { position, offset };
        const header = this.headerAt(await this.window(cursor, 0, stop.position), 0, cursor);
        if (header.maxTimestampMs >= timeMs) {
          await this.wholeBatches(Buffer.alloc(0), cursor, header.size, 0);
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
    if (this.retired) return;
    this.retired = true;
    this.indexes.forget(this.path);
    if (this.readers === 0) await this.file.close();
  }

  /** Rejects with RetiredSegment when the file is closed already. */
  private async reading<T>(action: () => Promise<T>): Promise<T> {
    if (this.retired && this.readers === 0) throw new RetiredSegment(this.path);
    this.readers += 1;
    try {
      return await action();
    } finally {
      this.readers -= 1;
      if (this.retired && this.readers === 0) await this.file.close();
    }
  }

  /** Where the index file cannot be used, the entries are made anew from the headers. */
  private async entries(): Promise<IndexEntries> {
    if (this.live !== undefined) return this.live;
    const stored = await this.indexes.entries(this.path, this.summary);
    if (stored !== undefined) return stored;
    const made = new SparseIndex();
    let position = 0;
    let greatestTimeMs = -1;
    for await (const header of scanBatches(this.file, this.durableBytes, this.baseOffset, false)) {
      made.add(Number(header.baseOffset - this.baseOffset), position, greatestTimeMs);
      position += header.size;
      greatestTimeMs = Math.max(greatestTimeMs, header.maxTimestampMs);
    }
    this.live = made;
    return made;
  }

  /** Bytes from a place on: enough for the batches that the index leaves out, and `maxBytes`. */
  private async window(start: Cursor, maxBytes: number, stop: number): Promise<Buffer> {
    const wanted = INDEX_INTERVAL_BYTES + BATCH_HEADER_BYTES + maxBytes;
    const window = Buffer.allocUnsafe(Math.max(0, Math.min(wanted, stop - start.position)));
    return window.subarray(0, await readUpToDamage(this.file, window, start.position));
  }

  private headerAt(window: Buffer, at: number, cursor: Cursor): BatchHeader {
    const header = readBatchHeader(window, at);
    if (header?.baseOffset !== cursor.offset) {
      throw this.damaged(cursor, `expected the batch with offset ${cursor.offset}`);
    }
    return header;
  }

  /**
   * The batches from a place on that fit, each checked against its CRC, up to one that is damaged. The
   * first one has `size` bytes and need not be whole in the window.
   */
  private async wholeBatches(
    window: Buffer,
    first: Cursor,
    size: number,
    maxBytes: number,
  ): Promise<Buffer> {
    let bytes = window;
    if (size > bytes.length) {
      bytes = Buffer.allocUnsafe(Math.min(size, this.durableBytes - first.position));
      if ((await readUpToDamage(this.file, bytes, first.position)) < size)
        throw this.damaged(first, 'the file ends, or cannot be read, in the batch');
    }
    const limit = Math.min(Math.max(maxBytes, size), bytes.length);
    let { offset } = first;
    let end = 0;
    while (end + BATCH_HEADER_BYTES <= limit) {
      const header = readBatchHeader(bytes, end);
      if (header !== undefined && end + header.size > limit) break;
      if (header?.baseOffset !== offset || !hasValidCrc(bytes, end, header.size)) {
        // Who reads on meets it first.
        if (end > 0) break;
        throw this.damaged(first, 'the CRC does not fit the batch');
      }
      end += header.size;
      offset += BigInt(header.count);
    }
    return bytes.subarray(0, end);
  }

  private damaged({ position, offset }: Cursor, detail: string): DamagedLog {
    return new DamagedLog(this.path, position, detail, offset);
  }
}
