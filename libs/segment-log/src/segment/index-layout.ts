import { crc32c } from '@node-rs/crc32';
import { timestampMs } from '@tally/kafka-wire';
import type { IndexEntries } from './sparse-index.js';

/**
 * The index of a segment, big-endian:
 *
 * | at  | size | field                | |
 * | --- | ---- | -------------------- | - |
 * | 0   | 8    | magic                | `TALLYIDX` |
 * | 8   | 2    | format version       | 1 |
 * | 10  | 2    | flags                | bit 0: sealed, the segment has all its batches |
 * | 12  | 16   | topic id             | |
 * | 28  | 4    | partition            | |
 * | 32  | 8    | base offset          | |
 * | 40  | 8    | end offset           | behind the last record |
 * | 48  | 8    | bytes                | of the segment |
 * | 56  | 8    | last batch           | its position |
 * | 64  | 4    | CRC of the first one | the CRC field of the first batch |
 * | 68  | 4    | CRC of the last one  | the CRC field of the last batch |
 * | 72  | 8    | max timestamp        | of a record, ms since 1970 |
 * | 80  | 8    | max append time      | of a batch with LogAppendTime; −1: none |
 * | 88  | 4    | entries              | how many |
 * | 92  | 4    | header CRC-32C       | of the bytes from 0 to 92 |
 * | 96  | 24 n | entries              | 8 each: offset − base offset, position, max timestamp before it |
 * | …   | 4    | CRC-32C              | of everything before |
 */
const MAGIC = 'TALLYIDX';
const FORMAT_VERSION = 1;
const SEALED = 1;
const AT = {
  version: 8,
  flags: 10,
  topicId: 12,
  partition: 28,
  baseOffset: 32,
  endOffset: 40,
  bytes: 48,
  lastPosition: 56,
  firstCrc: 64,
  lastCrc: 68,
  maxTimestamp: 72,
  maxAppendTime: 80,
  entries: 88,
  headerCrc: 92,
} as const;
/** Bytes before the entries. */
export const INDEX_HEADER_BYTES = 96;
const ENTRY_BYTES = 24;
const CRC_BYTES = 4;

/** A partition, whatever its topic is called. */
export interface PartitionId {
  /** 32 hexadecimal digits. */
  readonly topicId: string;
  readonly partition: number;
}

/** What is in a segment, without its entries. */
export interface SegmentSummary {
  readonly baseOffset: bigint;
  readonly endOffset: bigint;
  readonly bytes: number;
  readonly lastPosition: number;
  /** CRC fields of the first and of the last batch; 0 where that one is damaged. */
  readonly firstCrc: number;
  readonly lastCrc: number;
  /** ms since 1970; −1: there is none. */
  readonly maxTimestampMs: number;
  readonly maxAppendTimeMs: number;
}

/** What an index file says of its segment, without its entries. */
export interface IndexHeader extends PartitionId, SegmentSummary {
  readonly isSealed: boolean;
  readonly entryCount: number;
}

/** The content of an index file. */
export function encodeIndex(
  { topicId, partition }: PartitionId,
  summary: SegmentSummary,
  isSealed: boolean,
  entries: IndexEntries,
): Buffer {
  const bytes = Buffer.alloc(INDEX_HEADER_BYTES + entries.count * ENTRY_BYTES + CRC_BYTES);
  bytes.write(MAGIC, 'latin1');
  bytes.writeUInt16BE(FORMAT_VERSION, AT.version);
  bytes.writeUInt16BE(isSealed ? SEALED : 0, AT.flags);
  bytes.write(topicId, AT.topicId, 'hex');
  bytes.writeUInt32BE(partition, AT.partition);
  bytes.writeBigInt64BE(summary.baseOffset, AT.baseOffset);
  bytes.writeBigInt64BE(summary.endOffset, AT.endOffset);
  bytes.writeBigInt64BE(BigInt(summary.bytes), AT.bytes);
  bytes.writeBigInt64BE(BigInt(summary.lastPosition), AT.lastPosition);
  bytes.writeUInt32BE(summary.firstCrc, AT.firstCrc);
  bytes.writeUInt32BE(summary.lastCrc, AT.lastCrc);
  bytes.writeBigInt64BE(BigInt(summary.maxTimestampMs), AT.maxTimestamp);
  bytes.writeBigInt64BE(BigInt(summary.maxAppendTimeMs), AT.maxAppendTime);
  bytes.writeUInt32BE(entries.count, AT.entries);
  bytes.writeUInt32BE(crc32c(bytes.subarray(0, AT.headerCrc)), AT.headerCrc);
  for (let index = 0; index < entries.count; index++) {
    const at = INDEX_HEADER_BYTES + index * ENTRY_BYTES;
    bytes.writeBigInt64BE(BigInt(entries.offsetAt(index)), at);
    bytes.writeBigInt64BE(BigInt(entries.positionAt(index)), at + 8);
    bytes.writeBigInt64BE(BigInt(entries.timeBeforeAt(index)), at + 16);
  }
  const end = bytes.length - CRC_BYTES;
  bytes.writeUInt32BE(crc32c(bytes.subarray(0, end)), end);
  return bytes;
}

/** undefined: this is no header of this version, or it was changed. */
export function decodeIndexHeader(bytes: Buffer): IndexHeader | undefined {
  if (bytes.length < INDEX_HEADER_BYTES) return undefined;
  const isOne =
    bytes.toString('latin1', 0, AT.version) === MAGIC &&
    bytes.readUInt16BE(AT.version) === FORMAT_VERSION &&
    crc32c(bytes.subarray(0, AT.headerCrc)) === bytes.readUInt32BE(AT.headerCrc);
  if (!isOne) return undefined;
  return {
    isSealed: (bytes.readUInt16BE(AT.flags) & SEALED) !== 0,
    topicId: bytes.toString('hex', AT.topicId, AT.partition),
    partition: bytes.readUInt32BE(AT.partition),
    baseOffset: bytes.readBigInt64BE(AT.baseOffset),
    endOffset: bytes.readBigInt64BE(AT.endOffset),
    bytes: Number(bytes.readBigInt64BE(AT.bytes)),
    lastPosition: Number(bytes.readBigInt64BE(AT.lastPosition)),
    firstCrc: bytes.readUInt32BE(AT.firstCrc),
    lastCrc: bytes.readUInt32BE(AT.lastCrc),
    maxTimestampMs: timestampMs(bytes.readBigInt64BE(AT.maxTimestamp)),
    maxAppendTimeMs: timestampMs(bytes.readBigInt64BE(AT.maxAppendTime)),
    entryCount: bytes.readUInt32BE(AT.entries),
  };
}

/** The entries of a whole index; undefined when it is cut or was changed. */
export function decodeIndexEntries(bytes: Buffer): IndexEntries | undefined {
  const count = decodeIndexHeader(bytes)?.entryCount;
  if (count === undefined) return undefined;
  const end = INDEX_HEADER_BYTES + count * ENTRY_BYTES;
  if (bytes.length !== end + CRC_BYTES) return undefined;
  if (crc32c(bytes.subarray(0, end)) !== bytes.readUInt32BE(end)) return undefined;
  const at = (index: number) => INDEX_HEADER_BYTES + index * ENTRY_BYTES;
  return {
    count,
    offsetAt: (index) => Number(bytes.readBigInt64BE(at(index))),
    positionAt: (index) => Number(bytes.readBigInt64BE(at(index) + 8)),
    timeBeforeAt: (index) => timestampMs(bytes.readBigInt64BE(at(index) + 16)),
  };
}

/** Size of an index file. */
export function indexBytes({ entryCount }: IndexHeader): number {
  return INDEX_HEADER_BYTES + entryCount * ENTRY_BYTES + CRC_BYTES;
}
