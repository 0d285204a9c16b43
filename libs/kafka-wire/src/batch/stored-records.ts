import { crc32c } from '@node-rs/crc32';
import { MalformedFrame } from '../wire/malformed-frame.js';
import { WireReader } from '../wire/wire-reader.js';
import { WireWriter } from '../wire/wire-writer.js';
import { AT, ATTRIBUTES, LENGTH_ENDS_AT } from './batch-layout.js';
import { timestampMs } from './timestamp.js';

/**
 * A record of a stored batch: varint length, then int8 attributes, varlong timestamp delta, varint
 * offset delta, key and value behind varint lengths (-1: null), headers. Views, not copies.
 */
export interface StoredRecord {
  readonly offset: bigint;
  /** ms since 1970. */
  readonly timestampMs: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  /** Attributes and timestamp delta as they stand, and what follows the offset delta. */
  readonly beforeOffset: Buffer;
  readonly afterOffset: Buffer;
}

/**
 * undefined for a compressed batch. Throws MalformedFrame where the records are none, or their offsets
 * do not ascend up to that of the batch's last one: nobody has looked at them before.
 */
export function readStoredRecords(batch: Buffer): StoredRecord[] | undefined {
  const attributes = batch.readInt16BE(AT.attributes);
  if ((attributes & ATTRIBUTES.codecMask) !== 0) return undefined;
  const isAppendTime = (attributes & ATTRIBUTES.logAppendTime) !== 0;
  const baseOffset = batch.readBigInt64BE(AT.baseOffset);
  const baseTime = batch.readBigInt64BE(AT.baseTimestamp);
  const appendTimeMs = timestampMs(batch.readBigInt64BE(AT.maxTimestamp));
  const reader = new WireReader(batch.subarray(AT.records));
  const records: StoredRecord[] = [];
  let previous = baseOffset - 1n;
  for (let left = batch.readInt32BE(AT.recordCount); left > 0; left--) {
    const bytes = reader.take(reader.varint());
    const record = new WireReader(bytes);
    record.int8();
    const delta = record.varlong();
    const beforeOffset = bytes.subarray(0, bytes.length - record.remaining);
    const offset = baseOffset + BigInt(record.varint());
    if (offset <= previous) throw new MalformedFrame(`offset ${offset} behind ${previous}`);
    previous = offset;
    const afterOffset = bytes.subarray(bytes.length - record.remaining);
    const key = readField(record);
    const value = readField(record);
    const time = isAppendTime ? appendTimeMs : timestampMs(baseTime + delta);
    records.push({ offset, timestampMs: time, key, value, beforeOffset, afterOffset });
  }
  if (reader.remaining > 0)
    throw new MalformedFrame(`${reader.remaining} bytes behind the records`);
  if (previous !== baseOffset + BigInt(batch.readInt32BE(AT.lastOffsetDelta))) {
    throw new MalformedFrame(`the last record has offset ${previous}`);
  }
  return records;
}

/**
 * A batch with some of the records of another, at least one, with their offsets and times. It takes
 * the offsets from `baseOffset` up to its last record: those of removed records before it are its own.
 * It is no producer's any more, since its records are not those of a sequence.
 */
export function retainRecords(
  batch: Buffer,
  records: readonly StoredRecord[],
  baseOffset: bigint,
): Buffer {
  const last = records.at(-1);
  if (last === undefined) throw new Error('a batch without records');
  const writer = new WireWriter().raw(batch.subarray(0, AT.records));
  for (const { offset, beforeOffset, afterOffset } of records) {
    const delta = new WireWriter().varint(Number(offset - baseOffset)).finish();
    const parts = [beforeOffset, ...delta, afterOffset];
    writer.varint(parts.reduce((sum, { length }) => sum + length, 0));
    for (const part of parts) writer.raw(part);
  }
  const retained = Buffer.concat(writer.finish());
  retained.writeBigInt64BE(baseOffset, AT.baseOffset);
  retained.writeInt32BE(retained.length - LENGTH_ENDS_AT, AT.length);
  retained.writeInt32BE(Number(last.offset - baseOffset), AT.lastOffsetDelta);
  retained.writeBigInt64BE(-1n, AT.producerId);
  retained.writeInt16BE(-1, AT.producerEpoch);
  retained.writeInt32BE(-1, AT.baseSequence);
  retained.writeInt32BE(records.length, AT.recordCount);
  retained.writeUInt32BE(crc32c(retained.subarray(AT.attributes)), AT.crc);
  return retained;
}

function readField(reader: WireReader): Buffer | null {
  const length = reader.varint();
  return length === -1 ? null : reader.take(length);
}
