import {
  BATCH_HEADER_BYTES,
  hasValidCrc,
  readBatchHeader,
  type BatchHeader,
} from '@tally/kafka-wire';
import { DamagedLog } from '../files/damaged-log.js';
import type { LogFile } from '../files/file-system.js';
import { INDEX_INTERVAL_BYTES, SparseIndex } from './sparse-index.js';

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

/** A file of batches, one behind the other, as they are on the wire. It knows durable ones only. */
export class Segment {
  private readonly index = new SparseIndex();
  private durableBytes = 0;
  private end: bigint;
  private greatestTimeMs = -1;
  private readers = 0;
  private retired = false;

  constructor(
    readonly path: string,
    readonly baseOffset: bigint,
    readonly file: LogFile,
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

  /** Greatest timestamp of a record in it, ms since 1970; -1 when it is empty. */
  get maxTimestampMs(): number {
    return this.greatestTimeMs;
  }

  /** Bytes from the batch with `offset` to the end, or up to INDEX_INTERVAL_BYTES more. */
  bytesFrom(offset: bigint): number {
    return this.durableBytes - this.index.positionOfOffset(Number(offset - this.baseOffset));
  }

  /** The next batch behind those that are known is durable. */
  add({
    size,
    count,
    maxTimestampMs,
  }: Pick<BatchHeader, 'size' | 'count' | 'maxTimestampMs'>): void {
    this.index.add(Number(this.end - this.baseOffset), this.durableBytes, this.greatestTimeMs);
    this.durableBytes += size;
    this.end += BigInt(count);
    this.greatestTimeMs = Math.max(this.greatestTimeMs, maxTimestampMs);
  }

  /**
   * Whole batches, beginning with the one that contains `offset`, of at most `maxBytes` together;
   * the first one in any case. `offset` is in this segment. Throws DamagedLog.
   */
  async read(offset: bigint, maxBytes: number): Promise<Buffer> {
    return this.reading(async () => {
      const start = this.index.positionOfOffset(Number(offset - this.baseOffset));
      const window = await this.window(start, maxBytes);
      for (let at = 0; ;) {
        const header = this.headerAt(window, at, start);
        if (header.baseOffset + BigInt(header.count) > offset) {
          return this.wholeBatches(window, at, start, Math.max(maxBytes, header.size));
        }
        at += header.size;
      }
    });
  }

  /** The first batch with a timestamp of at least `timeMs`; there is one. Throws DamagedLog. */
  async firstAtOrAfter(timeMs: number): Promise<BatchHeader> {
    return this.reading(async () => {
      for (let position = this.index.positionOfTime(timeMs); ;) {
        const window = await this.window(position, 0);
        const header = this.headerAt(window, 0, position);
        if (header.maxTimestampMs >= timeMs) return header;
        position += header.size;
      }
    });
  }

  /** Closes the file once nobody reads it any more. */
  async retire(): Promise<void> {
    this.retired = true;
    if (this.readers === 0) await this.file.close();
  }

  private async reading<T>(action: () => Promise<T>): Promise<T> {
    this.readers += 1;
    try {
      return await action();
    } finally {
      this.readers -= 1;
      if (this.retired && this.readers === 0) await this.file.close();
    }
  }

  /** Bytes from `start` on: enough for the batches that the index leaves out, and `maxBytes`. */
  private async window(start: number, maxBytes: number): Promise<Buffer> {
    const wanted = INDEX_INTERVAL_BYTES + BATCH_HEADER_BYTES + maxBytes;
    const window = Buffer.allocUnsafe(Math.min(wanted, this.durableBytes - start));
    const filled = await this.file.read(window, start);
    if (filled < window.length) {
      throw new DamagedLog(
        this.path,
        start + filled,
        'the file ends here, and records are missing',
      );
    }
    return window;
  }

  private headerAt(window: Buffer, at: number, start: number): BatchHeader {
    const header = readBatchHeader(window, at);
    if (header === undefined) {
      throw new DamagedLog(this.path, start + at, 'expected a record batch');
    }
    return header;
  }

  /** The batches from `at` on that fit, each checked against its CRC. */
  private async wholeBatches(
    window: Buffer,
    at: number,
    start: number,
    maxBytes: number,
  ): Promise<Buffer> {
    const first = this.headerAt(window, at, start);
    let bytes = window.subarray(at);
    // A first batch that does not end in the window is larger than what was asked for.
    if (first.size > bytes.length) {
      bytes = Buffer.allocUnsafe(first.size);
      const filled = await this.file.read(bytes, start + at);
      if (filled < bytes.length) {
        throw new DamagedLog(this.path, start + at + filled, 'the file ends in a record batch');
      }
    }
    let end = 0;
    for (;;) {
      const header = readBatchHeader(bytes, end);
      if (header === undefined && end + BATCH_HEADER_BYTES <= bytes.length) {
        throw new DamagedLog(this.path, start + at + end, 'expected a record batch');
      }
      if (header === undefined || end + header.size > Math.min(maxBytes, bytes.length)) break;
      if (!hasValidCrc(bytes, end, header.size)) {
        throw new DamagedLog(this.path, start + at + end, 'the CRC does not fit the batch');
      }
      end += header.size;
    }
    return bytes.subarray(0, end);
  }
}
