import { describe, expect, it } from '@jest/globals';
import { decodeDeltaRows, DeltaRowWriter } from '@tally/contracts';
import fc from 'fast-check';
import { isExactDecimal } from './decimal.js';
import { RowSums } from './row-sums.js';

const decimal = fc
  .record({
    unscaled: fc.oneof(
      fc.integer({ min: -999_999_999_999_999, max: 999_999_999_999_999 }),
      fc.constantFrom(0, 1, -1, 999_999_999_999_999, -999_999_999_999_999, 999_999),
    ),
    scale: fc.integer({ min: 0, max: 6 }),
  })
  .filter(isExactDecimal);

const micro = ({ unscaled, scale }: { unscaled: number; scale: number }): bigint =>
  BigInt(unscaled) * 10n ** BigInt(6 - scale);

/** As they are read again from a row. */
function totalsOf(sums: RowSums, row: number) {
  const writer = new DeltaRowWriter(1);
  writer.bytes.fill(0, writer.add(0, 0, sums.totals(row)), 16);
  const [read] = decodeDeltaRows(writer.bytes) ?? [];
  if (read === undefined) throw new Error('no row was written');
  const { count, valued, sum, min, max } = read;
  return { count, valued, sum, min, max };
}

describe('the sums of rows', () => {
  it('are, with min and max, what exact arithmetic finds for each of them', () => {
    const rows = fc.array(fc.array(fc.option(decimal)), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(rows, (valuesOfRows) => {
        const sums = new RowSums();
        // One value of each row at a time.
        for (let index = 0; valuesOfRows.some((values) => index < values.length); index++)
          for (const [row, values] of valuesOfRows.entries()) {
            const value = values[index];
            if (value === null) sums.count(row);
            else if (value !== undefined) sums.add(row, value.unscaled, value.scale);
          }
        for (const [row, values] of valuesOfRows.entries()) {
          const exact = values.filter((value) => value !== null).map(micro);
          expect(totalsOf(sums, row)).toEqual({
            count: BigInt(values.length),
            valued: BigInt(exact.length),
            sum: exact.reduce((sum, value) => sum + value, 0n),
            min: exact.reduce((min, value) => (value < min ? value : min), exact[0] ?? 0n),
            max: exact.reduce((max, value) => (value > max ? value : max), exact[0] ?? 0n),
          });
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('stay exact past what doubles hold', () => {
    const sums = new RowSums();
    for (let n = 0; n < 20_001; n++) sums.add(0, 999_999_999_999_999, 3);
    expect(totalsOf(sums, 0).sum).toBe(20_001n * 999_999_999_999_999_000n);
  });

  it('of many rows are all there', () => {
    const sums = new RowSums();
    for (let row = 0; row < 10_000; row++) sums.add(row, row, 0);
    for (let row = 0; row < 10_000; row += 999)
      expect(totalsOf(sums, row).sum).toBe(BigInt(row) * 1_000_000n);
  });
});

describe('an exact decimal', () => {
  it.each([
    { unscaled: 1e15, scale: 6 },
    { unscaled: 1e12, scale: 0 },
    { unscaled: 0.5, scale: 0 },
    { unscaled: Number.NaN, scale: 0 },
    { unscaled: 1, scale: 7 },
    { unscaled: 1, scale: -1 },
  ])('is not %j', (value) => {
    expect(isExactDecimal(value)).toBe(false);
  });
});
