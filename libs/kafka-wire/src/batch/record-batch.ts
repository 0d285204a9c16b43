import { crc32c } from '@node-rs/crc32';
import { MalformedFrame } from '../wire/malformed-frame.js';
import { WireReader } from '../wire/wire-reader.js';
import { WireWriter } from '../wire/wire-writer.js';
import { AT, ATTRIBUTES, BATCH_HEADER_BYTES, LENGTH_ENDS_AT, MAGIC } from './batch-layout.js';

/** A record of our own: one timestamp for the batch. */
export interface KeyValue {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  /** Default: none. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** What an idempotent producer says of a batch. */
export interface Sequence {
  readonly producerId: bigint;
  readonly producerEpoch: number;
  readonly baseSequence: number;
}

const NO_PRODUCER: Sequence = { producerId: -1n, producerEpoch: -1, baseSequence: -1 };

/** An uncompressed batch, base offset 0, for records that this process writes itself. */
export function buildRecordBatch(
  records: readonly KeyValue[],
  timestampMs: number,
  { producerId, producerEpoch, baseSequence }: Sequence = NO_PRODUCER,
): Buffer {
  const writer = new WireWriter();
  for (const [index, { key, value, headers = {} }] of records.entries()) {
    const record = new WireWriter().int8(0).varlong(0n).varint(index);
    writeField(record, key);
    writeField(record, value);
    const named = Object.entries(headers);
    record.varint(named.length);
    for (const [name, text] of named) {
      writeField(record, Buffer.from(name));
      writeField(record, Buffer.from(text));
    }
    writer.varint(record.length);
    for (const part of record.finish()) writer.raw(part);
  }
  const batch = Buffer.concat([Buffer.alloc(BATCH_HEADER_BYTES), ...writer.finish()]);
  batch.writeInt32BE(batch.length - LENGTH_ENDS_AT, AT.length);
  batch.writeInt8(MAGIC, AT.magic);
  batch.writeInt32BE(records.length - 1, AT.lastOffsetDelta);
  batch.writeBigInt64BE(BigInt(timestampMs), AT.baseTimestamp);
  batch.writeBigInt64BE(BigInt(timestampMs), AT.maxTimestamp);
  batch.writeBigInt64BE(producerId, AT.producerId);
  batch.writeInt16BE(producerEpoch, AT.producerEpoch);
  batch.writeInt32BE(baseSequence, AT.baseSequence);
  batch.writeInt32BE(records.length, AT.recordCount);
  batch.writeUInt32BE(crc32c(batch.subarray(AT.attributes)), AT.crc);
  return batch;
}

/** The records of an uncompressed batch. Throws MalformedFrame where they are none. */
export function readRecords(batch: Buffer): KeyValue[] {
  if ((batch.readInt16BE(AT.attributes) & ATTRIBUTES.codecMask) !== 0) {
    throw new MalformedFrame('expected an uncompressed batch');
  }
  const reader = new WireReader(batch.subarray(AT.records));
  const records: KeyValue[] = [];
  for (let left = batch.readInt32BE(AT.recordCount); left > 0; left--) {
    const record = new WireReader(reader.take(reader.varint()));
    record.int8();
    record.varlong();
    record.varint();
    records.push({ key: readField(record), value: readField(record) });
  }
  return records;
}

function writeField(writer: WireWriter, field: Buffer | null): void {
  if (field === null) writer.varint(-1);
  else writer.varint(field.length).raw(field);
}

function readField(reader: WireReader): Buffer | null {
  const length = reader.varint();
  return length === -1 ? null : reader.take(length);
}
