import type { Decimal } from '@tally/contracts';
import { MAX_DECIMALS, MAX_DIGITS, POWERS_OF_TEN, VALUE_BOUND } from '@tally/counting';

const UNSCALED_BOUND = 10 ** MAX_DIGITS;
const NUMBER_PARTS = /^-?(\d+)(?:\.(\d+))?(?:[eE](.+))?$/;

export const EXPECTED_VALUE = `expected a number of at most ${MAX_DIGITS} significant digits and ${MAX_DECIMALS} decimals, between -10^12 and 10^12`;

/**
 * The decimal that a double stands for, with the fewest decimals; undefined when it breaks the rule
 * of values.
 *
 * Two decimals of at most 15 digits are never one double, so when the sender's text had at most 15
 * (`hasExactDigits`), the one that is found here is the sender's. With u = v * 10^s, the product is
 * off by less than half of one for |u| < 10^15, so rounding it finds the only candidate, and the
 * division, which is rounded to the nearest double, tells whether that is v.
 */
export function decimalOf(value: number): Decimal | undefined {
  // Also false for what is not finite.
  if (!(Math.abs(value) < VALUE_BOUND)) return undefined;
  for (let scale = 0; scale <= MAX_DECIMALS; scale++) {
    const power = POWERS_OF_TEN[scale] ?? 1;
    const unscaled = Math.round(value * power);
    if (Math.abs(unscaled) >= UNSCALED_BOUND) return undefined;
    // + 0 turns -0 into 0: they are one number.
    if (unscaled / power === value) return { unscaled: unscaled + 0, scale };
  }
  return undefined;
}

/**
 * Whether a number, as a JSON text, has at most 15 significant digits and 6 decimals: zeros in front
 * and at the end do not count, so `1.50000000000000000000` has two digits.
 */
export function hasExactDigits(text: string): boolean {
  const [, whole = '', fraction = '', exponent = '0'] = NUMBER_PARTS.exec(text) ?? [];
  const all = (whole + fraction).replace(/^0+/, '');
  if (all === '') return true;
  const significant = trimEndZeros(all);
  const decimals = fraction.length - Number(exponent) - (all.length - significant.length);
  return significant.length <= MAX_DIGITS && decimals <= MAX_DECIMALS;
}

/** A regular expression for this is quadratic when many zeros lie in the middle. */
function trimEndZeros(digits: string): string {
  let end = digits.length;
  while (digits[end - 1] === '0') end -= 1;
  return digits.slice(0, end);
}
