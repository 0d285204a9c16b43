import { describe, expect, it } from '@jest/globals';
import { LearnedClock } from '@tally/resilience';
import { AppendExpiry } from './append-expiry.js';

const NOW = 1_764_000_000_000;

/** A window of 12 s: 3 s for an append, 4 s at most. */
function expiryAt() {
  const own = { now: 0 };
  const clock = new LearnedClock({ wall: () => 5, monotonic: () => own.now });
  const topic = { name: 'events-0123456789abcdef', partitions: 4, dedupWindowMs: 12_000 };
  return { own, expiry: new AppendExpiry({ get: () => topic }, clock) };
}

describe('an append', () => {
  it('is confirmed when readers count each of its blocks', () => {
    const { expiry } = expiryAt();
    const notAfterMs = expiry.notAfterMs(NOW);
    expect(notAfterMs).toBe(NOW + 3000);
    const at = (...times: readonly number[]) =>
      expiry.confirm(
        notAfterMs,
        times.map((appendMs, partition) => ({ partition, appendMs })),
        0,
      );
    expect(at(NOW, NOW + 3000)).toBe(true);
    expect(at(NOW, NOW, NOW + 3001)).toBe(false);
    expect(at(NOW - 1001, NOW)).toBe(true);
  });

  it('is not when a reader has seen a later append time than the answer says', () => {
    const { expiry } = expiryAt();
    expect(expiry.confirm(NOW + 9000, [{ partition: 1, appendMs: NOW + 6000 }], 0)).toBe(true);
    const answers = [{ partition: 1, appendMs: NOW }];
    expect(expiry.confirm(expiry.notAfterMs(NOW), answers, 0)).toBe(false);
  });

  it('is refused before it is sent by what the log said lately, and by nothing else', () => {
    const { own, expiry } = expiryAt();
    expect(expiry.isPast(5)).toBe(false);
    expiry.confirm(NOW, [{ partition: 0, appendMs: NOW }], 0);
    expect(expiry.knownNowMs).toBe(NOW);
    expect([NOW - 3001, NOW - 3000, NOW + 1000, NOW + 1001].map((at) => expiry.isPast(at))).toEqual(
      [true, false, false, true],
    );
    own.now = 10_001;
    expect(expiry.isPast(NOW - 60_000)).toBe(false);
    expect(expiry.knownNowMs).toBeUndefined();
    expect(expiry.nowMs).toBe(NOW + 10_001);
  });
});
