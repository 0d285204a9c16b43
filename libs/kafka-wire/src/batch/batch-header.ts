import { crc32c } from '@node-rs/crc32';
import { AT, BATCH_HEADER_BYTES, LENGTH_ENDS_AT, MAGIC } from './batch-layout.js';
import { timestampMs } from './timestamp.js';

/** What the log needs to know of a batch without decoding it. */
export interface BatchHeader {
  readonly baseOffset: bigint;
  /** Of the whole batch, in bytes. */
  readonly size: number;
  /** Offsets that it takes. */
  readonly count: number;
  /** Records in it: as many, until compaction has removed some and left their offsets. */
  readonly recordCount: number;
  readonly attributes: number;
  /** The field, not what the bytes give (`hasValidCrc`). */
  readonly crc: number;
  /** ms since 1970, see `timestampMs`. */
  readonly maxTimestampMs: number;
  /** Of an idempotent producer; -1 for any other, and then the next two mean nothing. */
  readonly producerId: bigint;
  readonly producerEpoch: number;
  /** Number of the first record among all that the producer sent to the partition. */
  readonly baseSequence: number;
}

/**
 * The header of the batch at `at`; undefined where the bytes cannot be one. Zeros are none: their
 * magic is 0 and their length too small. Whether the CRC fits is another question (`hasValidCrc`).
 */
export function readBatchHeader(bytes: Buffer, at = 0): BatchHeader | undefined {
  if (bytes.length - at < BATCH_HEADER_BYTES || bytes[at + AT.magic] !== MAGIC) return undefined;
  const size = bytes.readInt32BE(at + AT.length) + LENGTH_ENDS_AT;
  const recordCount = bytes.readInt32BE(at + AT.recordCount);
  const lastOffsetDelta = bytes.readInt32BE(at + AT.lastOffsetDelta);
  const baseOffset = bytes.readBigInt64BE(at + AT.baseOffset);
  const isPossible =
    size >= BATCH_HEADER_BYTES &&
    recordCount > 0 &&
    lastOffsetDelta >= recordCount - 1 &&
    baseOffset >= 0n;
  if (!isPossible) return undefined;
  return {
    baseOffset,
    size,
    count: lastOffsetDelta + 1,
    recordCount,
    attributes: bytes.readInt16BE(at + AT.attributes),
    crc: bytes.readUInt32BE(at + AT.crc),
    maxTimestampMs: timestampMs(bytes.readBigInt64BE(at + AT.maxTimestamp)),
    producerId: bytes.readBigInt64BE(at + AT.producerId),
    producerEpoch: bytes.readInt16BE(at + AT.producerEpoch),
    baseSequence: bytes.readInt32BE(at + AT.baseSequence),
  };
}

/** Whether the `size` bytes from `at` on are those that their CRC-32C was made of. */
export function hasValidCrc(bytes: Buffer, at: number, size: number): boolean {
  return (
    at + size <= bytes.length &&
    crc32c(bytes.subarray(at + AT.attributes, at + size)) === bytes.readUInt32BE(at + AT.crc)
  );
}
