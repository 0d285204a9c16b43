import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { atNext, every } from './every.js';

describe('looks at regular intervals', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  it('are made together, whenever each was begun', () => {
    const seen: string[] = [];
    const look = (name: string) => () => void seen.push(`${name} ${Date.now()}`);
    const begun = Date.now();
    const ends = [every(1000, look('a'))];
    jest.advanceTimersByTime(400);
    ends.push(every(1000, look('b')), every(300, look('c')));
    jest.advanceTimersByTime(1600);
    for (const end of ends) end();
    expect(seen.filter((line) => !line.startsWith('c'))).toEqual(
      [1000, 2000].flatMap((ms) => [`a ${begun + ms}`, `b ${begun + ms}`]),
    );
    expect(seen.filter((line) => line.startsWith('c'))).toHaveLength(5);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('are made once where one is enough, and not at all where it is called off', () => {
    let [once, never] = [0, 0];
    atNext(1000, () => void (once += 1));
    atNext(1000, () => void (never += 1))();
    jest.advanceTimersByTime(3000);
    expect([once, never]).toEqual([1, 0]);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('end each for itself, also from within, and twice is once', () => {
    let [a, b] = [0, 0];
    const endA = every(1000, () => {
      a += 1;
      endA();
      endB();
    });
    const endB = every(1000, () => void (b += 1));
    jest.advanceTimersByTime(1000);
    const endC = every(1000, () => void (b += 10));
    endA();
    endB();
    jest.advanceTimersByTime(1000);
    endC();
    expect([a, b]).toEqual([1, 10]);
    expect(jest.getTimerCount()).toBe(0);
  });
});
