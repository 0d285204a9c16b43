import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { hasValidCrc, readBatchHeader } from './batch-header.js';
import { AT, ATTRIBUTES } from './batch-layout.js';
import { buildRecordBatch, readRecords } from './record-batch.js';
import { stampBatch } from './stamp-batch.js';
import { validateBatch } from './validate-batch.js';

const MAX_BYTES = 1 << 20;
const text = (value: string) => ({ key: null, value: Buffer.from(value) });
const batch = (...values: string[]) => buildRecordBatch(values.map(text), 1000);

function errorOf(
  records: Parameters<typeof validateBatch>[0],
  maxBytes = MAX_BYTES,
  isUncompressed = false,
): string {
  const verdict = validateBatch(records, { maxBytes, keepsTime: true, isUncompressed });
  return verdict.kind === 'valid' ? 'none' : verdict.error;
}

describe('a batch', () => {
  it('holds the records that it was made of', () => {
    const field = fc.option(fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)));
    const records = fc.array(fc.record({ key: field, value: field }), { minLength: 1 });
    fc.assert(
      fc.property(records, (wanted) => {
        const bytes = buildRecordBatch(wanted, 1000);
        expect(errorOf(bytes)).toBe('none');
        expect(readRecords(bytes)).toEqual(wanted);
      }),
    );
  });

  it('keeps its CRC when it gets offset and epoch, and has a new one with a new time', () => {
    const bytes = batch('a', 'b');
    stampBatch(bytes, { baseOffset: 42n, leaderEpoch: 3 });
    expect(hasValidCrc(bytes, 0, bytes.length)).toBe(true);
    expect(readBatchHeader(bytes)).toMatchObject({
      baseOffset: 42n,
      count: 2,
      maxTimestampMs: 1000,
    });
    stampBatch(bytes, { baseOffset: 43n, leaderEpoch: 3, logAppendTimeMs: 2000 });
    expect(hasValidCrc(bytes, 0, bytes.length)).toBe(true);
    const header = readBatchHeader(bytes);
    expect(header).toMatchObject({ baseOffset: 43n, maxTimestampMs: 2000 });
    expect((header?.attributes ?? 0) & ATTRIBUTES.logAppendTime).not.toBe(0);
  });

  it('is refused with any one bit changed in what its CRC covers', () => {
    const original = batch('some', 'records');
    const positions = fc.integer({ min: AT.crc, max: original.length - 1 });
    fc.assert(
      fc.property(positions, fc.integer({ min: 0, max: 7 }), (at, bit) => {
        const changed = Buffer.from(original);
        changed.writeUInt8(changed.readUInt8(at) ^ (1 << bit), at);
        expect(errorOf(changed)).toBe('CORRUPT_MESSAGE');
      }),
    );
  });

  it('is refused where it is none, more than one, cut or too large', () => {
    const one = batch('a');
    expect(errorOf(null)).toBe('CORRUPT_MESSAGE');
    expect(errorOf(Buffer.alloc(100))).toBe('UNSUPPORTED_FOR_MESSAGE_FORMAT');
    expect(errorOf(one.subarray(0, -1))).toBe('CORRUPT_MESSAGE');
    expect(errorOf(Buffer.concat([one, one]))).toBe('INVALID_RECORD');
    expect(errorOf(one, one.length - 1)).toBe('MESSAGE_TOO_LARGE');
    expect(errorOf(one, one.length)).toBe('none');
  });

  it.each([
    ['a control batch', AT.attributes, ATTRIBUTES.control, 'INVALID_RECORD'],
    ['a transactional batch', AT.attributes, ATTRIBUTES.transactional, 'INVALID_RECORD'],
    ['an unknown codec', AT.attributes, 5, 'UNSUPPORTED_COMPRESSION_TYPE'],
  ])('is refused as %s', (_name, at, value, error) => {
    const bytes = batch('a');
    bytes.writeInt16BE(value, at);
    stampBatchCrc(bytes);
    expect(errorOf(bytes)).toBe(error);
  });

  it('is refused when its count and its last offset do not agree', () => {
    const bytes = batch('a', 'b');
    bytes.writeInt32BE(3, AT.recordCount);
    stampBatchCrc(bytes);
    expect(errorOf(bytes)).toBe('INVALID_RECORD');
  });

  it('is refused when its records are not what it says, unless they are compressed', () => {
    const bytes = batch('a', 'b');
    // The first record says that it is longer than the batch.
    bytes.writeUInt8(126, AT.records);
    stampBatchCrc(bytes);
    expect(errorOf(bytes)).toBe('INVALID_RECORD');
    const gzip = Buffer.from(bytes);
    gzip.writeInt16BE(1, AT.attributes);
    stampBatchCrc(gzip);
    expect(errorOf(gzip)).toBe('none');
    expect(errorOf(gzip, MAX_BYTES, true)).toBe('INVALID_RECORD');
  });

  it('is refused with more records than readers take, on a topic of theirs alone', () => {
    const bytes = batch(...Array.from({ length: 50_001 }, () => ''));
    expect(errorOf(bytes)).toBe('none');
    expect(errorOf(bytes, MAX_BYTES, true)).toBe('INVALID_RECORD');
  });

  it('is not seen in zeros', () => {
    expect(readBatchHeader(Buffer.alloc(200))).toBeUndefined();
  });
});

/** Makes the CRC fit the bytes again, and leaves everything else. */
function stampBatchCrc(bytes: Buffer): void {
  const attributes = bytes.readInt16BE(AT.attributes);
  const time = Number(bytes.readBigInt64BE(AT.maxTimestamp));
  stampBatch(bytes, { baseOffset: 0n, leaderEpoch: 0, logAppendTimeMs: time });
  expect(bytes.readInt16BE(AT.attributes)).toBe(attributes | ATTRIBUTES.logAppendTime);
}
