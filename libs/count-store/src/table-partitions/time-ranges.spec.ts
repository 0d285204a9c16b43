import { describe, expect, it } from '@jest/globals';
import { DAY_MS } from '@tally/contracts';
import fc from 'fast-check';
import {
  RETENTION_CLASS_TABLES,
  madeThrough,
  MINUTES_PER_DAY,
  missingRanges,
  tomorrow,
} from './time-ranges.js';

describe('time ranges of partitions', () => {
  it('begin tomorrow, and end at multiples of their width', () => {
    const noon = 10.5 * DAY_MS;
    const days = (from: number, to: number) => ({
      from: from * MINUTES_PER_DAY,
      to: to * MINUTES_PER_DAY,
    });
    expect(missingRanges([], 7, noon)).toEqual([days(11, 14), days(14, 21)]);
    expect(missingRanges([days(11, 14)], 7, noon)).toEqual([days(14, 21)]);
    expect(missingRanges([], 90, noon)).toEqual([days(11, 90)]);
    expect(missingRanges([], 1, noon)).toHaveLength(7);
  });

  it('whenever they are made, follow each other without overlap, and cover tomorrow and a week', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(400 * DAY_MS), { minLength: 1, maxLength: 20 }),
        fc.constantFrom(...RETENTION_CLASS_TABLES),
        (waits, { widthDays }) => {
          const existing: { from: number; to: number }[] = [];
          let now = 19_000 * DAY_MS;
          for (const wait of waits) {
            now += wait % (20 * DAY_MS);
            const before = tomorrow(now);
            const missing = missingRanges(existing, widthDays, now);
            for (const { from } of missing) expect(from).toBeGreaterThanOrEqual(before);
            existing.push(...missing);
            const through = madeThrough(existing, before);
            expect(through).toBeGreaterThanOrEqual(before + 7 * MINUTES_PER_DAY);
            expect(missingRanges(existing, widthDays, now)).toEqual([]);
          }
          const sorted = existing.sort((a, b) => a.from - b.from);
          for (const [index, { to }] of sorted.entries())
            expect(sorted[index + 1]?.from ?? to).toBeGreaterThanOrEqual(to);
        },
      ),
    );
  });

  it('are few: a year of days ahead makes some hundred in all', () => {
    let count = 0;
    for (const { name, widthDays } of RETENTION_CLASS_TABLES) {
      const kept = { '1d': 2, '7d': 8, '30d': 31, '90d': 91 }[name.split('_').at(-1) ?? ''] ?? 366;
      count += Math.ceil((kept + 8) / widthDays) + 1;
    }
    expect(count).toBeLessThan(160);
  });
});
