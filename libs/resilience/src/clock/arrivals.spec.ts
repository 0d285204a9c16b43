import { describe, expect, it } from '@jest/globals';
import { Arrivals } from './arrivals.js';

describe('an arrival', () => {
  it('is some beats old, and none of them while the process stands still', () => {
    let now = 0;
    const arrivals = new Arrivals(() => now);
    const beat = (ms: number) => {
      now += ms;
      arrivals.beat();
    };
    for (let beats = 0; beats < 20; beats++) beat(50);
    expect(arrivals.earliest).toBe(800);
    now += 60_000;
    expect(arrivals.earliest).toBe(800);
    // Connections that were made meanwhile are accepted in one round, and read in the next.
    beat(0);
    beat(50);
    beat(50);
    expect(arrivals.earliest).toBeLessThan(1000);
    for (let beats = 0; beats < 3; beats++) beat(50);
    expect(arrivals.earliest).toBeGreaterThanOrEqual(61_000);
  });
});
