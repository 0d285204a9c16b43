import { describe, expect, it } from '@jest/globals';
import { expiryBounds } from '@tally/contracts';
import fc from 'fast-check';
import {
  countAll,
  event,
  newCounter,
  read,
  record,
  takersOf,
  WINDOW_MS,
} from '../../test/support/counted-blocks.js';

describe('copies of an event', () => {
  const { maxLeadMs } = expiryBounds(WINDOW_MS);
  /** What the rule leaves of the window for a client that sends again. */
  const RESEND_WITHIN_MS = WINDOW_MS - maxLeadMs;

  /**
   * Requests with the same event, the first at 10 000: each is stamped by some clock, behind or ahead,
   * and its block appended any number of times, whenever those wake who have it in hand.
   */
  const someRequest = fc.record({
    arrivedMs: fc.integer({ min: 10_000, max: 10_000 + RESEND_WITHIN_MS }),
    leadMs: fc.integer({ min: -WINDOW_MS, max: maxLeadMs }),
    appendedAfterMs: fc.array(fc.nat(4 * WINDOW_MS), { minLength: 1, maxLength: 4 }),
  });
  const someSchedule = fc.array(someRequest, { minLength: 1, maxLength: 4 });

  const isCountedOnce = (notAfterOf: (arrivedMs: number, leadMs: number) => number | undefined) =>
    fc.property(someSchedule, fc.nat(3), (requests, cut) => {
      const log = requests
        .flatMap(({ arrivedMs, leadMs, appendedAfterMs }) =>
          appendedAfterMs.map((afterMs) => ({
            atMs: arrivedMs + afterMs,
            notAfterMs: notAfterOf(arrivedMs, leadMs),
          })),
        )
        .sort((one, other) => one.atMs - other.atMs)
        .map(({ atMs, notAfterMs }, offset) => record(offset, atMs, [event('a')], notAfterMs));
      const total = [log.slice(0, cut), log.slice(cut)].reduce((sum, part) => {
        const { counter, deltas } = newCounter();
        for (const one of part[0] === log[0] ? [] : log.slice(0, cut)) counter.remember(one);
        for (const one of part) counter.count(one, takersOf(deltas));
        return sum + read(deltas).ledger.counted;
      }, 0);
      expect(total).toBeLessThanOrEqual(1);
    });

  it('are counted once, whatever clocks stamp them and whenever they are appended', () => {
    fc.assert(
      isCountedOnce((arrivedMs, leadMs) => arrivedMs + leadMs),
      { numRuns: 1000 },
    );
  });

  it('are counted twice when blocks do not expire (control)', () => {
    expect(fc.check(isCountedOnce(() => undefined)).failed).toBe(true);
  });

  it('of one block are counted once even when its clock is ahead by any time', () => {
    const someTimes = fc.array(fc.nat(10 * WINDOW_MS), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(someTimes, fc.nat(12 * WINDOW_MS), (times, notAfterMs) => {
        const log = times
          .sort((one, other) => one - other)
          .map((atMs, offset) => record(offset, atMs, [event('a')], notAfterMs));
        expect(countAll(log).ledger.counted).toBeLessThanOrEqual(1);
      }),
      { numRuns: 1000 },
    );
  });
});
