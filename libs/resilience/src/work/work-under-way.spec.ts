import { describe, expect, it } from '@jest/globals';
import { TallyError } from '@tally/contracts';
import { WorkUnderWay } from './work-under-way.js';

const GONE = new TallyError('unavailable', 'nobody is there');

function begun() {
  const ending = new AbortController();
  const told: [TallyError, string][] = [];
  const work = new WorkUnderWay(ending.signal, (...what) => void told.push(what));
  return { ending, told, work };
}

describe('work under way', () => {
  it('is waited for until all of it has ended, also where its end makes it fail', async () => {
    const { ending, work } = begun();
    const ends: (() => void)[] = [];
    work.track(new Promise<void>((resolve) => ends.push(resolve)));
    work.track(new Promise<void>((_, reject) => ends.push(() => reject(GONE))));
    let isSettled = false;
    const settled = work.settled().then(() => (isSettled = true));
    ending.abort();
    ends[1]?.();
    await Promise.resolve();
    expect(isSettled).toBe(false);
    ends[0]?.();
    await settled;
  });

  it('has an answer, or none and says what follows', async () => {
    const { told, work } = begun();
    expect(await work.answerOf(Promise.resolve(1), 'all stands still')).toBe(1);
    expect(await work.answerOf(Promise.reject(GONE), 'all stands still')).toBeUndefined();
    expect(told).toEqual([[GONE, 'all stands still']]);
    const bug = new Error('a bug');
    await expect(work.answerOf(Promise.reject(bug), 'all stands still')).rejects.toBe(bug);
  });

  it('tells nobody of what fails because it was ended', async () => {
    const { ending, told, work } = begun();
    ending.abort();
    expect(await work.answerOf(Promise.reject(GONE), 'all stands still')).toBeUndefined();
    expect(told).toEqual([]);
  });
});
