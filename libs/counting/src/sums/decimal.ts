import type { Decimal } from '@tally/contracts';

const MICRO = 1_000_000n;
const POWERS_OF_TEN = [1, 10, 100, 1000, 10_000, 100_000, 1_000_000];
const MAX_UNSCALED = 1e15;
const MAX_SCALE = 6;

/** True for what the gateway lets through: at most 15 digits, 6 decimals, magnitude below 10^12. */
export function isExactDecimal({ unscaled, scale }: Decimal): boolean {
  const power = POWERS_OF_TEN[scale];
  return (
    power !== undefined &&
    scale <= MAX_SCALE &&
    Number.isInteger(unscaled) &&
    Math.abs(unscaled) < MAX_UNSCALED &&
    Math.abs(unscaled) < 1e12 * power
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
  return (unscaled - whole * (POWERS_OF_TEN[scale] ?? 1)) * (POWERS_OF_TEN[MAX_SCALE - scale] ?? 1);
}

/** Micro-units: `whole` units and `micro` millionths of one. */
export function toMicro(whole: number, micro: number): bigint {
  return BigInt(whole) * MICRO + BigInt(micro);
}
