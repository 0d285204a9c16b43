import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Backoff } from './backoff.js';

describe('Backoff', () => {
  it('doubles up to its bound, and starts again after a reset', () => {
    const backoff = new Backoff({ baseMs: 100, maxMs: 500, random: () => 0 });
    const delays = () => Array.from({ length: 5 }, () => backoff.nextMs());
    expect(delays()).toEqual([50, 100, 200, 250, 250]);
    backoff.reset();
    expect(delays()).toEqual([50, 100, 200, 250, 250]);
  });

  it('never exceeds its bound, however often and however random', () => {
    const anyRandom = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(anyRandom, fc.integer({ min: 1, max: 2000 }), (random, attempts) => {
        const backoff = new Backoff({ baseMs: 100, maxMs: 2000, random: () => random });
        let delayMs = 0;
        for (let attempt = 0; attempt < attempts; attempt++) delayMs = backoff.nextMs();
        return delayMs >= 50 && delayMs <= 2000;
      }),
    );
  });
});
