import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { LearnedClock } from './learned-clock.js';

/** The other clock is this far ahead of our monotonic one. */
const AHEAD = 1_000_000;

function clockAt(start = 0) {
  const own = { now: start };
  const clock = new LearnedClock({ wall: () => 7_000_000, monotonic: () => own.now });
  return { own, clock };
}

describe('a learned clock', () => {
  it('is our own until anything is known, and says that nothing is', () => {
    const { own, clock } = clockAt(500);
    expect(clock.at(500)).toBe(7_000_000);
    expect(clock.at(400)).toBe(6_999_900);
    expect(clock.knownNow(1000)).toBeUndefined();
    own.now = 600;
    clock.learn(AHEAD + 600, 600);
    expect(clock.knownNow(1000)).toBe(AHEAD + 600);
    own.now = 1601;
    expect(clock.knownNow(1000)).toBeUndefined();
    expect(clock.at(1601)).toBe(AHEAD + 1601);
  });

  it('is not spoilt by an answer that lay unread while the process stood still', () => {
    const { own, clock } = clockAt();
    clock.learn(AHEAD, 0);
    own.now = 60_000;
    clock.learn(AHEAD + 5, 3);
    expect(clock.at(60_000)).toBe(AHEAD + 60_000);
  });

  it('that was wrong is right after one answer that came at once', () => {
    const { own, clock } = clockAt();
    clock.learn(AHEAD, 0);
    own.now = 1000;
    clock.learn(AHEAD + 61_000, 1000);
    expect(clock.at(1000)).toBe(AHEAD + 61_000);
    clock.learn(AHEAD + 1000, 1000);
    expect(clock.at(1000)).toBe(AHEAD + 1000);
  });

  it('is never further off than the quickest answer took', () => {
    const answer = fc.record({
      afterMs: fc.nat(5000),
      thereMs: fc.nat(3000),
      backMs: fc.nat(3000),
    });
    fc.assert(
      fc.property(fc.array(answer, { minLength: 1 }), (answers) => {
        const { own, clock } = clockAt();
        let quickest = Infinity;
        for (const { afterMs, thereMs, backMs } of answers) {
          const askedAt = own.now + afterMs;
          own.now = askedAt + thereMs + backMs;
          clock.learn(AHEAD + askedAt + thereMs, askedAt);
          quickest = Math.min(quickest, thereMs + backMs);
          expect(Math.abs(clock.at(own.now) - AHEAD - own.now)).toBeLessThanOrEqual(quickest);
        }
      }),
    );
  });
});
