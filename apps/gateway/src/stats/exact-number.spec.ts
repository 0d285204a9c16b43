import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { average, jsonNumber, microText } from './exact-number.js';

describe('micro-units as a decimal', () => {
  it.each([
    ['0', '0'],
    ['-0', '0'],
    ['1', '0.000001'],
    ['-1', '-0.000001'],
    ['1500000', '1.5'],
    ['-204500000', '-204.5'],
    ['1000000', '1'],
    ['10000000', '10'],
    ['123456789012345678901234567890', '123456789012345678901234.56789'],
  ])('%s are %s', (micro, text) => expect(microText(micro)).toBe(text));

  it('lose nothing', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n }), (micro) => {
        const [whole = '', fraction = ''] = microText(String(micro)).split('.');
        expect(BigInt(whole.replace('-', '') + fraction.padEnd(6, '0'))).toBe(
          micro < 0n ? -micro : micro,
        );
        expect(whole.startsWith('-')).toBe(micro < 0n);
      }),
    );
  });
});

describe('a decimal in JSON', () => {
  it.each([
    ['0', '0'],
    ['204.5', '204.5'],
    ['-0.000001', '-0.000001'],
    ['9007199254740991', '9007199254740991'],
    ['-9007199254740991', '-9007199254740991'],
    ['9007199254740992', '"9007199254740992"'],
    ['18446744073709551615', '"18446744073709551615"'],
    ['9007199254740991.5', '"9007199254740991.5"'],
    ['0.1', '0.1'],
    ['123456789012.123456', '"123456789012.123456"'],
    ['1000000000000000000000', '"1000000000000000000000"'],
  ])('%s is %s', (decimal, json) => expect(jsonNumber(decimal)).toBe(json));

  it('comes back as it was, from a number or from a string', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), (micro) => {
        const decimal = microText(String(micro));
        expect(String(JSON.parse(jsonNumber(decimal)))).toBe(decimal);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('an average', () => {
  it.each([
    [204_500_000n, 17n, 204.5 / 17],
    [1_000_000n, 3n, 1 / 3],
    [-1_000_000n, 3n, -1 / 3],
    [0n, 5n, 0],
    [1n, 1n, 1e-6],
    [300_000n, 3n, 0.1],
    [10n ** 36n, 1n, 1e30],
  ])('of %s micro-units over %s', (sum, valued, expected) => {
    expect(average(sum, valued)).toBe(expected);
  });

  /** The two doubles next to a positive one. */
  function neighbours(value: number): readonly [number, number] {
    const view = new DataView(new ArrayBuffer(8));
    view.setFloat64(0, value);
    const bits = view.getBigInt64(0);
    const of = (other: bigint) => {
      view.setBigInt64(0, other);
      return view.getFloat64(0);
    };
    return [of(bits - 1n), of(bits + 1n)];
  }

  /** Exact: a double is a whole number over a power of two. */
  function distance(
    value: number,
    sum: bigint,
    divisor: bigint,
  ): { readonly over: bigint; readonly under: bigint } {
    let under = 1n;
    while (!Number.isInteger(value)) {
      value *= 2;
      under *= 2n;
    }
    const over = BigInt(value) * divisor - sum * under;
    return { over: over < 0n ? -over : over, under: under * divisor };
  }

  it('is as near as a double can be', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 1n, max: 10n ** 33n }),
        fc.bigInt({ min: 1n, max: 10n ** 15n }),
        (sum, valued) => {
          const found = average(sum, valued);
          const divisor = valued * 1_000_000n;
          const own = distance(found, sum, divisor);
          for (const other of neighbours(found).map((value) => distance(value, sum, divisor)))
            expect(own.over * other.under <= other.over * own.under).toBe(true);
        },
      ),
      { numRuns: 1000 },
    );
  });
});
