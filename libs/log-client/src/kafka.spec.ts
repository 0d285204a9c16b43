import { describe, expect, it } from '@jest/globals';
import { longestAppendMs } from './kafka.js';

describe('the longest that an append takes', () => {
  it.each([
    [100, 4900],
    [1000, 21_100],
    // Nobody waits longer than three seconds for a connection.
    [5000, 81_100],
  ])('is all of its tries together: with %d ms for a request, %d ms', (timeoutMs, longestMs) => {
    expect(longestAppendMs(timeoutMs)).toBe(longestMs);
  });
});
