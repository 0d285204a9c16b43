import type { SafeTotals, Totals } from '@tally/contracts';
import { microOf, toMicro, wholeOf } from './decimal.js';

/** Sums of doubles stay exact below 2^53; past this they are moved to a bigint. */
const SPILL = 2 ** 52;
const MICRO = 1_000_000;
const FIRST_ROWS = 16;
/** Of no rows. */
const NO_NUMBERS = new Float64Array(0);

const COUNT = 0;
const VALUED = 1;
const SUM_WHOLE = 2;
const SUM_MICRO = 3;
const MIN_WHOLE = 4;
const MIN_MICRO = 5;
const MAX_WHOLE = 6;
const MAX_MICRO = 7;
const NUMBERS = 8;

/**
 * What the events of one flush add to each of its rows, as doubles side by side. Exact: a value is split
 * into its whole part (below 10^12) and micro-units (below 10^6), whose sums are whole doubles.
 */
export class RowSums {
  private numbers = NO_NUMBERS;
  /** By row: what was more than doubles hold. */
  private spilled: Map<number, bigint> | undefined;

  /** Adds an event without a value. @param row From 0, without gaps. */
  count(row: number): void {
    const at = row * NUMBERS;
    if (at >= this.numbers.length) this.grow();
    this.numbers[at + COUNT] = (this.numbers[at + COUNT] ?? 0) + 1;
  }

  /** Adds an event with the value unscaled / 10^scale, an exact decimal. */
  add(row: number, unscaled: number, scale: number): void {
    this.count(row);
    const { numbers } = this;
    const at = row * NUMBERS;
    const whole = wholeOf(unscaled, scale);
    const micro = microOf(unscaled, scale, whole);
    const valued = numbers[at + VALUED] ?? 0;
    if (valued === 0 || isLess(whole, micro, numbers[at + MIN_WHOLE], numbers[at + MIN_MICRO])) {
      numbers[at + MIN_WHOLE] = whole;
      numbers[at + MIN_MICRO] = micro;
    }
    if (valued === 0 || !isLess(whole, micro, numbers[at + MAX_WHOLE], numbers[at + MAX_MICRO])) {
      numbers[at + MAX_WHOLE] = whole;
      numbers[at + MAX_MICRO] = micro;
    }
    numbers[at + VALUED] = valued + 1;
    const sumWhole = (numbers[at + SUM_WHOLE] ?? 0) + whole;
    const sumMicro = (numbers[at + SUM_MICRO] ?? 0) + micro;
    const isTooLarge = Math.abs(sumWhole) > SPILL || Math.abs(sumMicro) > SPILL;
    if (isTooLarge) this.spill(row, toMicro(sumWhole, sumMicro));
    numbers[at + SUM_WHOLE] = isTooLarge ? 0 : sumWhole;
    numbers[at + SUM_MICRO] = isTooLarge ? 0 : sumMicro;
  }

  /** In micro-units; as numbers when all of them are exact. */
  totals(row: number): Totals | SafeTotals {
    const at = row * NUMBERS;
    const { numbers } = this;
    const count = numbers[at + COUNT] ?? 0;
    const valued = numbers[at + VALUED] ?? 0;
    const sumWhole = numbers[at + SUM_WHOLE] ?? 0;
    const sumMicro = numbers[at + SUM_MICRO] ?? 0;
    const minWhole = numbers[at + MIN_WHOLE] ?? 0;
    const minMicro = numbers[at + MIN_MICRO] ?? 0;
    const maxWhole = numbers[at + MAX_WHOLE] ?? 0;
    const maxMicro = numbers[at + MAX_MICRO] ?? 0;
    const wholeMicro = sumWhole * MICRO;
    const sum = wholeMicro + sumMicro;
    const min = minWhole * MICRO + minMicro;
    const max = maxWhole * MICRO + maxMicro;
    const spilled = this.spilled?.get(row) ?? 0n;
    const isSafe = isExact(wholeMicro) && isExact(sum) && isExact(min) && isExact(max);
    if (isSafe && spilled === 0n) return { count, valued, sum, min, max };
    return {
      count: BigInt(count),
      valued: BigInt(valued),
      sum: spilled + toMicro(sumWhole, sumMicro),
      min: toMicro(minWhole, minMicro),
      max: toMicro(maxWhole, maxMicro),
    };
  }

  private spill(row: number, micro: bigint): void {
    this.spilled ??= new Map<number, bigint>();
    this.spilled.set(row, (this.spilled.get(row) ?? 0n) + micro);
  }

  private grow(): void {
    const { numbers } = this;
    this.numbers = new Float64Array(Math.max(FIRST_ROWS * NUMBERS, numbers.length * 2));
    this.numbers.set(numbers);
  }
}

/** Half of what doubles hold: what was added up below it was added up exactly. */
function isExact(value: number): boolean {
  return Math.abs(value) < SPILL;
}

function isLess(whole: number, micro: number, thanWhole = 0, thanMicro = 0): boolean {
  return whole < thanWhole || (whole === thanWhole && micro < thanMicro);
}
