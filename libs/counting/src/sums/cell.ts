import type { Decimal, SafeTotals, Totals } from '@tally/contracts';
import { microOf, toMicro, wholeOf } from './decimal.js';

/** Sums of doubles stay exact below 2^53; past this they are moved to a bigint. */
const SPILL = 2 ** 52;
const MICRO = 1_000_000;

/**
 * What the events of one flush add to one window of one series. Exact: a value is split into its
 * whole part (below 10^12) and micro-units (below 10^6), whose sums are whole doubles.
 */
export class Cell {
  count = 0;
  valued = 0;
  private sumWhole = 0;
  private sumMicro = 0;
  private spilled = 0n;
  private minWhole = 0;
  private minMicro = 0;
  private maxWhole = 0;
  private maxMicro = 0;

  add(value: Decimal | null): void {
    this.count += 1;
    if (value === null) return;
    const whole = wholeOf(value.unscaled, value.scale);
    const micro = microOf(value.unscaled, value.scale, whole);
    if (this.valued === 0 || isLess(whole, micro, this.minWhole, this.minMicro)) {
      this.minWhole = whole;
      this.minMicro = micro;
    }
    if (this.valued === 0 || isLess(this.maxWhole, this.maxMicro, whole, micro)) {
      this.maxWhole = whole;
      this.maxMicro = micro;
    }
    this.valued += 1;
    this.sumWhole += whole;
    this.sumMicro += micro;
    if (Math.abs(this.sumWhole) > SPILL || Math.abs(this.sumMicro) > SPILL) {
      this.spilled += toMicro(this.sumWhole, this.sumMicro);
      this.sumWhole = 0;
      this.sumMicro = 0;
    }
  }

  /** In micro-units; as numbers when all of them are exact. */
  get totals(): Totals | SafeTotals {
    const { count, valued, sumWhole, sumMicro, minWhole, minMicro, maxWhole, maxMicro } = this;
    const wholeMicro = sumWhole * MICRO;
    const sum = wholeMicro + sumMicro;
    const min = minWhole * MICRO + minMicro;
    const max = maxWhole * MICRO + maxMicro;
    const isSafe = isExact(wholeMicro) && isExact(sum) && isExact(min) && isExact(max);
    if (isSafe && this.spilled === 0n) return { count, valued, sum, min, max };
    return {
      count: BigInt(count),
      valued: BigInt(valued),
      sum: this.spilled + toMicro(sumWhole, sumMicro),
      min: toMicro(minWhole, minMicro),
      max: toMicro(maxWhole, maxMicro),
    };
  }
}

/** Half of what doubles hold: what was added up below it was added up exactly. */
function isExact(value: number): boolean {
  return Math.abs(value) < SPILL;
}

function isLess(whole: number, micro: number, thanWhole: number, thanMicro: number): boolean {
  return whole < thanWhole || (whole === thanWhole && micro < thanMicro);
}
