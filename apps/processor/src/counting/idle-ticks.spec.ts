import { describe, expect, it } from '@jest/globals';
import { IDLE_AFTER_MS, IdleTicks } from './idle-ticks.js';

/** Ticks once a second, and tells at which seconds it was one. */
function ticked(ticks: IdleTicks, fromSecond: number, toSecond: number): number[] {
  const seconds = Array.from({ length: toSecond - fromSecond }, (_, at) => fromSecond + at);
  return seconds.filter((second) => ticks.isDue(second * 1000));
}

describe('the ticks of a run', () => {
  const idleAfter = IDLE_AFTER_MS / 1000;

  it('are all there until nothing came for a while, then each second one', () => {
    const ticks = new IdleTicks(0);
    expect(ticked(ticks, 1, idleAfter)).toHaveLength(idleAfter - 1);
    expect(ticked(ticks, idleAfter, idleAfter + 10)).toHaveLength(5);
  });

  it('are all there again as soon as something comes', () => {
    const ticks = new IdleTicks(0);
    ticked(ticks, 1, 40);
    ticks.hear(40_300);
    expect(ticked(ticks, 41, 50)).toHaveLength(9);
  });

  it('are all there when they are further apart than those of an idle run', () => {
    const ticks = new IdleTicks(0);
    const due = [60_000, 65_000, 70_000].map((nowMs) => ticks.isDue(nowMs));
    expect(due).toEqual([true, true, true]);
  });
});
