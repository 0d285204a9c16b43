import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Backoff } from './backoff.js';

describe('Backoff', () => {
  it('doubles up to its bound, and starts again after a reset', () => {
    const backoff = new Backoff({ firstMs: 100, maxMs: 500, random: () => 0 });
    const delays = () => Array.from({ length: 5 }, () => backoff.nextMs());
    expect(delays()).toEqual([50, 100, 200, 250, 250]);
    backoff.reset();
    expect(delays()).toEqual([50, 100, 200, 250, 250]);
  });

  it('without a chance takes each bound as it is, and without a further bound stays at the first', () => {
    const doubling = new Backoff({ firstMs: 50, maxMs: 2000 });
    expect([doubling.nextMs(), doubling.nextMs(), doubling.nextMs()]).toEqual([50, 100, 200]);
    const constant = new Backoff({ firstMs: 500 });
    expect([constant.nextMs(), constant.nextMs(), constant.nextMs()]).toEqual([500, 500, 500]);
  });

  it('never exceeds its bound, however often and however random', () => {
    const anyRandom = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(anyRandom, fc.integer({ min: 1, max: 2000 }), (random, attempts) => {
        const backoff = new Backoff({ firstMs: 100, maxMs: 2000, random: () => random });
        let delayMs = 0;
        for (let attempt = 0; attempt < attempts; attempt++) delayMs = backoff.nextMs();
        return delayMs >= 50 && delayMs <= 2000;
      }),
    );
  });
});
