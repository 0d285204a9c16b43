import type { Schedule } from './schedule.js';

/** The smallest schedule that still fails, found by leaving out one thing after the other. */
export function shrink(schedule: Schedule, fails: (smaller: Schedule) => boolean): Schedule {
  let smallest = schedule;
  for (let isSmaller = true; isSmaller;) {
    isSmaller = false;
    for (const part of ['faults', 'sends', 'puts'] as const)
      for (let index = smallest[part].length - 1; index >= 0; index--) {
        const smaller = { ...smallest, [part]: smallest[part].filter((_, at) => at !== index) };
        if (!fails(smaller)) continue;
        smallest = smaller;
        isSmaller = true;
      }
  }
  return smallest;
}
