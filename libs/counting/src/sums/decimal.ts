import type { Decimal } from '@tally/contracts';

/** Most significant digits of a value: so many are never lost in a double. */
export const MAX_DIGITS = 15;
/** Most decimals of a value. */
export const MAX_DECIMALS = 6;
/** The magnitude of a value stays below. */
export const VALUE_BOUND = 1e12;
/** 10^scale, by the scale of a decimal. */
export const POWERS_OF_TEN: readonly number[] = [1, 10, 100, 1000, 10_000, 100_000, 1_000_000];

const MICRO = 1_000_000n;
const UNSCALED_BOUND = 10 ** MAX_DIGITS;

/** Whether a decimal out of the log keeps the rule of values, which the gateway checks in texts. */
export function isExactDecimal({ unscaled, scale }: Decimal): boolean {
  const power = POWERS_OF_TEN[scale];
  return (
    power !== undefined &&
    scale <= MAX_DECIMALS &&
    Number.isInteger(unscaled) &&
    Math.abs(unscaled) < UNSCALED_BOUND &&
    Math.abs(unscaled) < VALUE_BOUND * power
  );
}

/**
 * Whole part of a decimal, towards zero. The division rounds, but never up to the next whole
 * number: the true quotient is at least 10^-scale away from it, which for less than 2^50 / 10^scale
 * is more than half the distance of two doubles.
 */
export function wholeOf(unscaled: number, scale: number): number {
  return Math.trunc(unscaled / (POWERS_OF_TEN[scale] ?? 1));
}

/** What is left of a decimal without its whole part, in micro-units; of the same sign. */
export function microOf(unscaled: number, scale: number, whole: number): number {
  return (
    (unscaled - whole * (POWERS_OF_TEN[scale] ?? 1)) * (POWERS_OF_TEN[MAX_DECIMALS - scale] ?? 1)
  );
}

/** Both parts together, in micro-units. */
export function toMicro(whole: number, micro: number): bigint {
  return BigInt(whole) * MICRO + BigInt(micro);
}
