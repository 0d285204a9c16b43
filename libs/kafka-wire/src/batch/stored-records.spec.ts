import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { hasValidCrc, readBatchHeader } from './batch-header.js';
import { AT } from './batch-layout.js';
import { buildRecordBatch } from './record-batch.js';
import { stampBatch } from './stamp-batch.js';
import { readStoredRecords, retainRecords } from './stored-records.js';
import { validateBatch } from './validate-batch.js';

const field = fc.option(fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)));
const records = fc.array(fc.record({ key: field, value: field }), { minLength: 1, maxLength: 20 });

function stored(wanted: Parameters<typeof buildRecordBatch>[0], baseOffset: bigint): Buffer {
  const batch = buildRecordBatch(wanted, 1000);
  stampBatch(batch, { baseOffset, leaderEpoch: 0, logAppendTimeMs: 2000 });
  return batch;
}

describe('a batch of which some records are retained', () => {
  it('has these with their offsets, and the offsets of the others before them', () => {
    const chosen = fc.tuple(records, fc.infiniteStream(fc.boolean()), fc.nat({ max: 200 }));
    fc.assert(
      fc.property(chosen, ([wanted, choice, gap]) => {
        const batch = stored(wanted, 1000n);
        const all = readStoredRecords(batch) ?? [];
        expect(all.map(({ key, value }) => ({ key, value }))).toEqual(wanted);
        const kept = all.filter((_, index) => index === 0 || choice.next().value);
        const baseOffset = 1000n - BigInt(gap);
        const retained = retainRecords(batch, kept, baseOffset);
        expect(hasValidCrc(retained, 0, retained.length)).toBe(true);
        expect(readBatchHeader(retained)).toMatchObject({
          baseOffset,
          size: retained.length,
          count: Number((kept.at(-1)?.offset ?? 0n) - baseOffset) + 1,
          recordCount: kept.length,
          maxTimestampMs: 2000,
          producerId: -1n,
        });
        expect(readStoredRecords(retained)).toEqual(kept);
      }),
    );
  });

  it('is not taken from a producer: one that leaves offsets out has miscounted', () => {
    const batch = stored(
      [
        { key: null, value: null },
        { key: null, value: null },
      ],
      0n,
    );
    const last = (readStoredRecords(batch) ?? []).slice(1);
    expect(
      validateBatch(retainRecords(batch, last, 0n), {
        maxBytes: 1 << 20,
        keepsTime: true,
        isUncompressed: false,
      }),
    ).toMatchObject({
      kind: 'invalid',
      error: 'INVALID_RECORD',
    });
  });
});

describe('a compressed batch', () => {
  it('does not show its records', () => {
    const batch = stored([{ key: null, value: null }], 0n);
    batch.writeInt16BE(2, AT.attributes);
    expect(readStoredRecords(batch)).toBeUndefined();
  });
});
