import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isTimestamp, timestampMs } from './timestamp.js';

it('a time of the wire is kept where it can be, is the nearest that can where not, and keeps its order', () => {
  const time = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
  fc.assert(
    fc.property(time, time, (one, other) => {
      const kept = timestampMs(one);
      expect(Number.isSafeInteger(kept)).toBe(true);
      expect(BigInt(kept) === one).toBe(isTimestamp(one));
      if (one <= other) expect(kept).toBeLessThanOrEqual(timestampMs(other));
    }),
  );
  expect([2n ** 63n - 1n, -(2n ** 63n), -1n, 0n].map(timestampMs)).toEqual([
    Number.MAX_SAFE_INTEGER,
    -1,
    -1,
    0,
  ]);
});
