import { describe, expect, it } from '@jest/globals';
import { ShardRoster } from './shard-roster.js';

const newRoster = () =>
  new ShardRoster({ flushBytes: 8 << 20, firstRejoinMs: 1000, maxRejoinMs: 8000 });
const ENOUGH = 20_000;

describe('what is known of a shard that takes too long', () => {
  it('has half of the rows each time, down to one, and nothing of the others', () => {
    const roster = newRoster();
    expect(roster.maxRows(0)).toBe(Infinity);
    expect(roster.slowDown(1, 300)).toBe(150);
    expect([300, 150, 75].map((rows) => roster.slowDown(0, rows))).toEqual([150, 75, 37]);
    for (let times = 0; times < 9; times++) roster.slowDown(0, 1000);
    expect([roster.maxRows(0), roster.maxRows(1), roster.maxRows(2)]).toEqual([1, 150, Infinity]);
  });

  it('grows slowly with flushes that were as large as they may be, until nothing bounds them', () => {
    const roster = newRoster();
    roster.slowDown(0, 2000);
    for (let times = 0; times < 1000; times++) roster.speedUp(0, 999, ENOUGH);
    expect(roster.maxRows(0)).toBe(1000);
    const flushesUntil = (isReached: () => boolean) => {
      for (let flushes = 0; ; flushes++) {
        if (isReached()) return flushes;
        roster.speedUp(0, roster.maxRows(0), ENOUGH);
      }
    };
    expect(flushesUntil(() => roster.maxRows(0) >= 2000)).toBe(45);
    expect(flushesUntil(() => roster.maxRows(0) === Infinity)).toBeLessThan(200);
  });
});

describe('a shard that comes and goes', () => {
  it('waits longer each time, and as long as it takes the others to catch up', () => {
    const roster = newRoster();
    let nowMs = 0;
    const rejoinsAfter = (ms: number, caughtUpAfterMs: number | undefined) => {
      roster.tick((nowMs += ms));
      return roster.rejoins(1, caughtUpAfterMs);
    };
    roster.tick(nowMs);
    expect(rejoinsAfter(0, undefined)).toBe(true);
    expect(rejoinsAfter(999, 0)).toBe(false);
    expect(rejoinsAfter(1, 0)).toBe(true);
    expect(rejoinsAfter(1999, 0)).toBe(false);
    expect(rejoinsAfter(1, 0)).toBe(true);
    expect(rejoinsAfter(1_000_000, undefined)).toBe(false);
    expect(rejoinsAfter(0, 250_001)).toBe(false);
    expect(rejoinsAfter(0, 250_000)).toBe(true);
    expect(roster.rejoins(0, undefined)).toBe(true);
  });
});
