import { describe, expect, it } from '@jest/globals';
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

describe('a cell', () => {
  it('sums, and finds least and greatest, as exact arithmetic does', () => {
    fc.assert(
      fc.property(fc.array(fc.option(decimal)), (values) => {
        const cell = new Cell();
        for (const value of values) cell.add(value);
        const exact = values.filter((value) => value !== null).map(micro);
        expect(cell.count).toBe(values.length);
        expect(cell.valued).toBe(exact.length);
        expect(cell.sum).toBe(exact.reduce((sum, value) => sum + value, 0n));
        if (exact.length === 0) return;
        expect(cell.min).toBe(exact.reduce((least, value) => (value < least ? value : least)));
        expect(cell.max).toBe(exact.reduce((most, value) => (value > most ? value : most)));
      }),
      { numRuns: 2000 },
    );
  });

  it('stays exact past what doubles hold', () => {
    const cell = new Cell();
    for (let n = 0; n < 20_001; n++) cell.add({ unscaled: 999_999_999_999_999, scale: 3 });
    expect(cell.sum).toBe(20_001n * 999_999_999_999_999_000n);
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
