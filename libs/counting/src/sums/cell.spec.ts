import { describe, expect, it } from '@jest/globals';
import { decodeDeltaRows, DeltaRowWriter } from '@tally/contracts';
import fc from 'fast-check';
import { Cell } from './cell.js';
import { isExactDecimal } from './decimal.js';

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
function totalsOf(cell: Cell) {
  const writer = new DeltaRowWriter(1);
  writer.add(new Uint8Array(16), 0, 0, cell.totals);
  const [row] = decodeDeltaRows(writer.bytes) ?? [];
  if (row === undefined) throw new Error('no row was written');
  const { count, valued, sum, min, max } = row;
  return { count, valued, sum, min, max };
}

describe('a cell', () => {
  it('sums, and finds min and max, as exact arithmetic does', () => {
    fc.assert(
      fc.property(fc.array(fc.option(decimal)), (values) => {
        const cell = new Cell();
        for (const value of values) cell.add(value);
        const exact = values.filter((value) => value !== null).map(micro);
        expect(totalsOf(cell)).toEqual({
          count: BigInt(values.length),
          valued: BigInt(exact.length),
          sum: exact.reduce((sum, value) => sum + value, 0n),
          min: exact.reduce((min, value) => (value < min ? value : min), exact[0] ?? 0n),
          max: exact.reduce((max, value) => (value > max ? value : max), exact[0] ?? 0n),
        });
      }),
      { numRuns: 2000 },
    );
  });

  it('stays exact past what doubles hold', () => {
    const cell = new Cell();
    for (let n = 0; n < 20_001; n++) cell.add({ unscaled: 999_999_999_999_999, scale: 3 });
    expect(totalsOf(cell).sum).toBe(20_001n * 999_999_999_999_999_000n);
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
