/**
 * A record batch, format v2 (kafka.apache.org/documentation, "Record Batch"), big-endian. It has the
 * same bytes on the wire and on the disk.
 *
 * | at | size | field                | |
 * | -- | ---- | -------------------- | - |
 * | 0  | 8    | base offset          | set by the log; outside the CRC |
 * | 8  | 4    | length               | bytes that follow this field; outside the CRC |
 * | 12 | 4    | leader epoch         | set by the log; outside the CRC |
 * | 16 | 1    | magic                | 2; outside the CRC |
 * | 17 | 4    | CRC-32C              | of everything from `attributes` to the end |
 * | 21 | 2    | attributes           | bits 0–2 codec, 3 LogAppendTime, 4 transactional, 5 control, 6 delete horizon |
 * | 23 | 4    | last offset delta    | offset of the last record − base offset |
 * | 27 | 8    | base timestamp       | ms since 1970 |
 * | 35 | 8    | max timestamp        | of the records; with LogAppendTime, the time of all of them |
 * | 43 | 8    | producer id          | −1: none |
 * | 51 | 2    | producer epoch       | |
 * | 53 | 4    | base sequence        | |
 * | 57 | 4    | record count         | |
 * | 61 | …    | records              | compressed together where a codec is set |
 */
export const AT = {
  baseOffset: 0,
  length: 8,
  leaderEpoch: 12,
  magic: 16,
  crc: 17,
  attributes: 21,
  lastOffsetDelta: 23,
  baseTimestamp: 27,
  maxTimestamp: 35,
  producerId: 43,
  producerEpoch: 51,
  baseSequence: 53,
  recordCount: 57,
  records: 61,
} as const;

/** Bytes before those that the `length` field counts. */
export const LENGTH_ENDS_AT = 12;
/** From the beginning of a batch to its first record. */
export const BATCH_HEADER_BYTES = 61;
/** The version of the batch format; no other is known here. */
export const MAGIC = 2;

/** Bits of the field `attributes`. */
export const ATTRIBUTES = {
  codecMask: 0b111,
  logAppendTime: 1 << 3,
  transactional: 1 << 4,
  control: 1 << 5,
} as const;

/** none, gzip, snappy, lz4, zstd. */
export const LAST_CODEC = 4;
