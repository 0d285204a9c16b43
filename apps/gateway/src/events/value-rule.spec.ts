import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decimalOf, hasExactDigits } from './value-rule.js';

/** What a JSON number says, exactly: digits without zeros around, and the power of ten. */
function exactly(text: string): { readonly unscaled: bigint; readonly decimals: number } {
  const [mantissa = '', exponent = '0'] = text.toLowerCase().split('e');
  const [whole = '', fraction = ''] = mantissa.split('.');
  let unscaled = BigInt(whole + fraction);
  let decimals = fraction.length - Number(exponent);
  while (unscaled !== 0n && unscaled % 10n === 0n) {
    unscaled /= 10n;
    decimals -= 1;
  }
  return unscaled === 0n ? { unscaled, decimals: 0 } : { unscaled, decimals };
}

/** The rule, slowly: a decimal of at most 15 digits and 6 decimals below 10^12. */
function reference(text: string): string | undefined {
  const { unscaled, decimals } = exactly(text.replace(/^-/, ''));
  const digits = unscaled.toString();
  if (digits.length > 15 || decimals > 6 || digits.length - decimals > 12) return undefined;
  const sign = text.startsWith('-') ? -1n : 1n;
  return `${sign * unscaled * 10n ** BigInt(6 - decimals)}`;
}

function accepted(text: string): string | undefined {
  const decimal = hasExactDigits(text) ? decimalOf(JSON.parse(text) as number) : undefined;
  if (decimal === undefined) return undefined;
  expect(Object.is(decimal.unscaled, -0)).toBe(false);
  return `${BigInt(decimal.unscaled) * 10n ** BigInt(6 - decimal.scale)}`;
}

const digits = (min: number, max: number) =>
  fc.string({
    unit: fc.constantFrom(...'0000123456789'.split('')),
    minLength: min,
    maxLength: max,
  });
const numberText = fc
  .tuple(
    fc.constantFrom('', '-'),
    fc.oneof(
      fc.constant('0'),
      digits(0, 17).map((rest) => `7${rest}`),
    ),
    fc.oneof(
      fc.constant(''),
      digits(1, 24).map((rest) => `.${rest}`),
    ),
    fc.oneof(
      fc.constant(''),
      fc.integer({ min: -30, max: 30 }).map((power) => `e${power}`),
      fc.constantFrom('e-400', 'E+400', 'e-0', 'E-0000000000000000007'),
    ),
  )
  .map((parts) => parts.join(''));

describe('the rule of values', () => {
  it.each([
    ['0', { unscaled: 0, scale: 0 }],
    ['-0', { unscaled: 0, scale: 0 }],
    ['-0.0', { unscaled: 0, scale: 0 }],
    ['1e3', { unscaled: 1000, scale: 0 }],
    ['1.10', { unscaled: 11, scale: 1 }],
    ['-4.99', { unscaled: -499, scale: 2 }],
    ['0.000001', { unscaled: 1, scale: 6 }],
    ['999999999999.999', { unscaled: 999_999_999_999_999, scale: 3 }],
    ['99999999999.9999', { unscaled: 999_999_999_999_999, scale: 4 }],
    ['999999999.999999', { unscaled: 999_999_999_999_999, scale: 6 }],
    ['1.0000000000000000000', { unscaled: 1, scale: 0 }],
  ])('%s is exact', (text, decimal) => {
    expect(hasExactDigits(text)).toBe(true);
    expect(decimalOf(JSON.parse(text) as number)).toEqual(decimal);
  });

  it.each([
    '0.1234567890123456',
    '1234567890123456',
    '1000000000000',
    '-1e12',
    '0.0000001',
    '1e-7',
    '1e-400',
    '1e400',
    '0.30000000000000004',
    '1.0000000000000000001',
    '123456789012.1230001',
  ])('%s is not a value', (text) => expect(accepted(text)).toBeUndefined());

  it('what is not finite is no decimal', () => {
    expect([NaN, Infinity, -Infinity].map(decimalOf)).toEqual([undefined, undefined, undefined]);
  });

  it('agrees with exact arithmetic for any number that JSON can have', () => {
    fc.assert(
      fc.property(numberText, (text) => expect(accepted(text)).toBe(reference(text))),
      { numRuns: 5000 },
    );
  });

  it('agrees with it for every number of at most 15 digits and 6 decimals', () => {
    const decimal = fc.tuple(
      fc.bigInt({ min: -999_999_999_999_999n, max: 999_999_999_999_999n }),
      fc.integer({ min: 3, max: 6 }),
    );
    fc.assert(
      fc.property(decimal, ([unscaled, scale]) => {
        const all = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(scale + 1, '0');
        const sign = unscaled < 0n ? '-' : '';
        const text = `${sign}${all.slice(0, -scale)}.${all.slice(-scale)}`;
        expect(accepted(text)).toBe(`${unscaled * 10n ** BigInt(6 - scale)}`);
      }),
      { numRuns: 5000 },
    );
  });

  it('control: without the look at the text, digits are lost unseen', () => {
    expect(decimalOf(JSON.parse('1.0000000000000000001') as number)).toEqual({
      unscaled: 1,
      scale: 0,
    });
    expect(decimalOf(JSON.parse('1e-400') as number)).toEqual({ unscaled: 0, scale: 0 });
  });
});
