import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decodeCounterRows, encodeCounterRows, type CounterRow } from './counter-rows.js';
import { decodeDeltaRows, encodeDeltaRows, type DeltaRow } from './delta-rows.js';
import { decodeSeriesNames, encodeSeriesNames, type SeriesName } from './series-names.js';

const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const i64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const i128 = fc.bigInt({ min: -(2n ** 127n), max: 2n ** 127n - 1n });
const id = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Buffer.from(bytes));
const u32 = fc.integer({ min: 0, max: 0xffff_ffff });

const deltaRow: fc.Arbitrary<DeltaRow> = fc.record({
  series: id,
  minute: u32,
  retention: fc.integer({ min: 0, max: 5 }),
  count: u64,
  valued: u64,
  sum: i128,
  min: i64,
  max: i64,
});
const counterRow: fc.Arbitrary<CounterRow> = fc.record({
  index: u32,
  startMinute: i64,
  count: u64,
  valued: u64,
  sum: i128,
  min: i64,
  max: i64,
});
const text = fc.string({ unit: 'grapheme', maxLength: 40 });
const seriesName: fc.Arbitrary<SeriesName> = fc.record({
  id,
  project: text,
  type: text,
  subject: text,
  dimensions: text,
});

describe('rows on the wire', () => {
  it('read as they were written', () => {
    fc.assert(
      fc.property(fc.array(deltaRow), fc.array(counterRow), (deltas, counters) => {
        expect(decodeDeltaRows(encodeDeltaRows(deltas))).toEqual(deltas);
        expect(decodeCounterRows(encodeCounterRows(counters))).toEqual(counters);
      }),
    );
  });

  it('have these layouts for ever, byte for byte', () => {
    const values = { count: 3n, valued: 2n, sum: -1_500_000n, min: -2_000_000n, max: 500_000n };
    const series = Buffer.from('00112233445566778899aabbccddeeff', 'hex');
    const sums =
      '0000000000000003' +
      '0000000000000002' +
      'ffffffffffffffffffffffffffe91ca0' +
      'ffffffffffe17b80' +
      '000000000007a120';
    expect(
      encodeDeltaRows([{ series, minute: 29_453_760, retention: 5, ...values }]).toString('hex'),
    ).toBe(
      '0001004800000001' + '00112233445566778899aabbccddeeff' + '01c16dc0' + '05000000' + sums,
    );
    expect(
      encodeCounterRows([{ index: 4, startMinute: 29_453_760n, ...values }]).toString('hex'),
    ).toBe('0001004000000001' + '0000000400000000' + '0000000001c16dc0' + sums);
  });

  it('are refused when they are cut, too long or of another format', () => {
    const bytes = encodeDeltaRows(fc.sample(deltaRow, 3));
    for (let length = 1; length < bytes.length; length++)
      expect(decodeDeltaRows(bytes.subarray(0, length))).toBeUndefined();
    expect(decodeDeltaRows(Buffer.concat([bytes, Buffer.alloc(1)]))).toBeUndefined();
    expect(decodeCounterRows(bytes)).toBeUndefined();
  });

  it('may be no bytes at all', () => {
    expect(decodeDeltaRows(Buffer.alloc(0))).toEqual([]);
  });
});

describe('series names on the wire', () => {
  it('read as they were written, and never when cut within an entry', () => {
    fc.assert(
      fc.property(fc.array(seriesName, { maxLength: 5 }), (names) => {
        expect(decodeSeriesNames(encodeSeriesNames(names))).toEqual(names);
      }),
    );
    const bytes = encodeSeriesNames(fc.sample(seriesName, 1));
    for (let length = 1; length < bytes.length; length++)
      expect(decodeSeriesNames(bytes.subarray(0, length))).toBeUndefined();
  });
});
