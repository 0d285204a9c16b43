import { MAX_DECIMALS, MAX_DIGITS, VALUE_BOUND } from '@tally/counting';
import { DASH, NINE, POINT, ZERO } from '../json-bytes.js';
import { NOWHERE } from './usual-text.js';

/** Exact doubles. */
const POWERS = Float64Array.from({ length: MAX_DIGITS + 1 }, (_, power) => Number(`1e${power}`));

/**
 * A number of JSON without an exponent, of at most 15 digits as it is written: with and without its
 * point it is a quotient of two exact doubles then, and the double nearest to it the quotient rounded.
 */
export class UsualNumber {
  /** The number is unscaled / 10^scale, with the fewest decimals; never -0. */
  unscaled = 0;
  scale = 0;
  /** What JSON.parse makes of it. */
  double = 0;
  private decimals = 0;

  /** Where the number ends that begins at `from`; NOWHERE when none in this form is there. */
  read(bytes: Buffer, from: number, to: number): number {
    const isNegative = bytes[from] === DASH;
    const first = isNegative ? from + 1 : from;
    const point = this.digits(bytes, first, to, 0);
    const wholeDigits = point - first;
    if (wholeDigits === 0 || wholeDigits > MAX_DIGITS) return NOWHERE;
    if (bytes[first] === ZERO && wholeDigits > 1) return NOWHERE;
    let end = point;
    let scale = (this.decimals = 0);
    if (point < to && bytes[point] === POINT) {
      end = this.digits(bytes, point + 1, to, this.unscaled);
      scale = this.decimals = end - point - 1;
      if (scale === 0 || wholeDigits + scale > MAX_DIGITS) return NOWHERE;
    }
    let unscaled = this.unscaled;
    const magnitude = unscaled / (POWERS[scale] ?? 1);
    this.double = isNegative ? -magnitude : magnitude;
    for (; scale > 0 && unscaled % 10 === 0; scale--) unscaled /= 10;
    this.unscaled = isNegative && unscaled > 0 ? -unscaled : unscaled;
    this.scale = scale;
    return end;
  }

  /** Whether it may be the value of an event, also as it is written. */
  get isValue(): boolean {
    return this.decimals <= MAX_DECIMALS && Math.abs(this.double) < VALUE_BOUND;
  }

  /** Behind the digits that begin at `from`; `unscaled` has them behind what was before them. */
  private digits(bytes: Buffer, from: number, to: number, before: number): number {
    let unscaled = before;
    let at = from;
    for (; at < to; at++) {
      const byte = bytes[at] ?? 0;
      if (byte < ZERO || byte > NINE) break;
      unscaled = unscaled * 10 + (byte - ZERO);
    }
    this.unscaled = unscaled;
    return at;
  }
}
