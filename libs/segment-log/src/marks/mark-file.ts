import { crc32c } from '@node-rs/crc32';

/**
 * A file of marks, big-endian:
 *
 * | at  | size | field          | |
 * | --- | ---- | -------------- | - |
 * | 0   | 8    | magic          | `TALLYMRK` |
 * | 8   | 2    | format version | 1 |
 * | 10  | 2    | reserved       | 0 |
 * | 12  | 4    | marks          | how many |
 * | 16  | 8    | sequence       | one more than that of the other file |
 * | 24  | 16   | log id         | |
 * | 40  | 56 n | marks          | topic id 16, partition 4, last CRC 4, then 8 each: log start, base offset, position, offset |
 * | …   | 4    | CRC-32C        | of everything before |
 */
const MAGIC = 'TALLYMRK';
const FORMAT_VERSION = 1;
const AT = { version: 8, count: 12, sequence: 16, logId: 24 } as const;
const HEADER_BYTES = 40;
const MARK_BYTES = 56;
const CRC_BYTES = 4;

/** Up to where a partition was durable at some moment: it has at least that. */
export interface Mark {
  /** 32 hexadecimal digits. */
  readonly topicId: string;
  readonly partition: number;
  readonly logStart: bigint;
  /** Of the last segment. */
  readonly baseOffset: bigint;
  /** Bytes of that segment. */
  readonly position: number;
  /** Behind the last record. */
  readonly offset: bigint;
  /** The CRC field of the batch that ends at the position; 0 where there is none. */
  readonly lastCrc: number;
}

/** The mark is in a segment behind the one with this base offset: that one was left. */
export function isMarkBehind(mark: Mark | undefined, baseOffset: bigint): mark is Mark {
  return mark !== undefined && mark.baseOffset > baseOffset;
}

/** The marks of all partitions at one moment; `sequence` orders the sets. */
export interface MarkSet {
  readonly sequence: bigint;
  readonly marks: readonly Mark[];
}

/** The content of a file of marks, see docs/formats/segment-log.md. */
export function encodeMarks(logId: string, { sequence, marks }: MarkSet): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES + marks.length * MARK_BYTES + CRC_BYTES);
  bytes.write(MAGIC, 'latin1');
  bytes.writeUInt16BE(FORMAT_VERSION, AT.version);
  bytes.writeUInt32BE(marks.length, AT.count);
  bytes.writeBigUInt64BE(sequence, AT.sequence);
  bytes.write(logId, AT.logId, 'base64url');
  for (const [index, mark] of marks.entries()) {
    const at = HEADER_BYTES + index * MARK_BYTES;
    bytes.write(mark.topicId, at, 'hex');
    bytes.writeUInt32BE(mark.partition, at + 16);
    bytes.writeUInt32BE(mark.lastCrc, at + 20);
    bytes.writeBigInt64BE(mark.logStart, at + 24);
    bytes.writeBigInt64BE(mark.baseOffset, at + 32);
    bytes.writeBigInt64BE(BigInt(mark.position), at + 40);
    bytes.writeBigInt64BE(mark.offset, at + 48);
  }
  const end = bytes.length - CRC_BYTES;
  bytes.writeUInt32BE(crc32c(bytes.subarray(0, end)), end);
  return bytes;
}

/** The id of the log whose marks these are; undefined: they are not whole. */
export function logIdOf(bytes: Buffer): string | undefined {
  if (bytes.length < HEADER_BYTES + CRC_BYTES) return undefined;
  const isOne =
    bytes.toString('latin1', 0, AT.version) === MAGIC &&
    bytes.readUInt16BE(AT.version) === FORMAT_VERSION;
  const end = HEADER_BYTES + bytes.readUInt32BE(AT.count) * MARK_BYTES;
  if (!isOne || end + CRC_BYTES > bytes.length) return undefined;
  if (crc32c(bytes.subarray(0, end)) !== bytes.readUInt32BE(end)) return undefined;
  return bytes.toString('base64url', AT.logId, HEADER_BYTES);
}

/** undefined: these are not whole marks of this log. */
export function decodeMarks(logId: string, bytes: Buffer): MarkSet | undefined {
  if (logIdOf(bytes) !== logId) return undefined;
  const count = bytes.readUInt32BE(AT.count);
  return {
    sequence: bytes.readBigUInt64BE(AT.sequence),
    marks: Array.from({ length: count }, (_, index) => {
      const at = HEADER_BYTES + index * MARK_BYTES;
      return {
        topicId: bytes.toString('hex', at, at + 16),
        partition: bytes.readUInt32BE(at + 16),
        lastCrc: bytes.readUInt32BE(at + 20),
        logStart: bytes.readBigInt64BE(at + 24),
        baseOffset: bytes.readBigInt64BE(at + 32),
        position: Number(bytes.readBigInt64BE(at + 40)),
        offset: bytes.readBigInt64BE(at + 48),
      };
    }),
  };
}
