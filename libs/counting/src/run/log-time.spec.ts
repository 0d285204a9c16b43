import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { LogTime } from './log-time.js';

const SKEW = 1000;
const HOUR = 3_600_000;
const ms = (max: number) => fc.integer({ min: 0, max });

describe("what our clock says of the log's", () => {
  it('is less what clocks may differ, as long as records say nothing else', () => {
    const time = new LogTime(SKEW);
    expect(time.at(50_000)).toBe(49_000);
    time.learn(49_100, { afterMs: 50_000, beforeMs: 50_400 });
    time.learn(50_900, { afterMs: 50_000, beforeMs: 50_400 });
    expect([time.aheadMs, time.at(50_000)]).toEqual([0, 49_000]);
  });

  it('is never ahead of ours, whatever the log says', () => {
    const time = new LogTime(SKEW);
    time.learn(50_000 + HOUR, { afterMs: 50_000, beforeMs: 50_400 });
    expect(time.at(50_000)).toBe(49_000);
  });

  it('has not come yet in the log after any record that was read, however far ours is ahead', () => {
    const reads = fc.array(fc.tuple(ms(5000), ms(5000), ms(5000)), { minLength: 1 });
    const aheads = fc.tuple(ms(HOUR), ms(HOUR));
    fc.assert(
      fc.property(aheads, reads, reads, ([first, second], before, after) => {
        const time = new LogTime(SKEW);
        let logMs = 10 * HOUR;
        for (const [aheadMs, records] of [
          [first, before],
          [second, after],
        ] as const)
          for (const [untilAppended, untilRead, pause] of records) {
            const afterMs = logMs + aheadMs;
            const appendMs = logMs + untilAppended;
            logMs = appendMs + untilRead;
            time.learn(appendMs, { afterMs, beforeMs: logMs + aheadMs });
            // Within what its appends show: a wait for the record is no proof.
            expect(time.at(afterMs)).toBeLessThanOrEqual(appendMs);
            logMs += pause;
          }
      }),
    );
  });

  it('comes back to ours when that is right again', () => {
    const time = new LogTime(SKEW);
    time.learn(50_000, { afterMs: HOUR + 50_000, beforeMs: HOUR + 50_400 });
    expect(time.aheadMs).toBe(HOUR + 400);
    time.learn(60_000, { afterMs: 60_000, beforeMs: 60_300 });
    expect(time.aheadMs).toBe(300);
  });
});
