import { describe, expect, it } from '@jest/globals';
import { pause, waitAfter } from './backoff.js';

const BACKOFF = { firstMs: 100, longestMs: 1000 };

describe('the wait between tries', () => {
  it('doubles up to a bound, and is shorter by chance', () => {
    const longest = [0, 1, 2, 3, 4, 99].map((tries) => waitAfter(tries, BACKOFF, 0, () => 1));
    expect(longest).toEqual([100, 200, 400, 800, 1000, 1000]);
    expect(waitAfter(99, BACKOFF, 0, () => 0)).toBe(500);
  });

  it('is never shorter than the gateway asks for', () => {
    expect(waitAfter(0, BACKOFF, 7000, () => 1)).toBe(7000);
  });

  it('ends when it is told to', async () => {
    const stopping = new AbortController();
    const waited = pause(2 ** 30, stopping.signal);
    stopping.abort();
    await waited;
    await pause(2 ** 30, stopping.signal);
  });
});
