import { describe, expect, it } from '@jest/globals';
import { BodyBudget } from './body-budget.js';

describe('the budget for bodies', () => {
  it('refuses what would pass its bound, until something is given back', () => {
    const budget = new BodyBudget(100, 10);
    const rooms = [1, 2, 3].map((at) => budget.open({ remoteAddress: `${at}` }));
    for (const room of rooms) room.take(25);
    const late = budget.open({});
    expect(late.take(13)).toBe(false);
    rooms[0]?.release();
    rooms[0]?.release();
    expect(budget.usedBytes).toBe(50);
    expect(late.take(25)).toBe(true);
    expect(budget.usedBytes).toBe(75);
  });

  it('gives one connection a quarter at most, whatever comes over it at once', () => {
    const budget = new BodyBudget(100, 10);
    const connection = {};
    const [first, second] = [budget.open(connection), budget.open(connection)];
    first.take(20);
    expect(second.take(6)).toBe(false);
    expect(budget.usedBytes).toBe(20);
    expect(second.take(5)).toBe(true);
    expect(budget.open({}).take(25)).toBe(true);
    first.release();
    expect(second.take(20)).toBe(true);
  });

  it('always lets a connection have the longest body there may be', () => {
    const budget = new BodyBudget(100, 80);
    expect(budget.open({}).take(80)).toBe(true);
    expect(budget.usedBytes).toBe(80);
  });
});
