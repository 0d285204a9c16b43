import { describe, expect, it } from '@jest/globals';
import { AnswerBudget } from './answer-budget.js';

const refused = expect.objectContaining({ code: 'unavailable' });

describe('the budget for answers', () => {
  it('refuses what would pass its bound, until something is given back', () => {
    let refusals = 0;
    const budget = new AnswerBudget(100, () => (refusals += 1));
    const address = (at: number) => ({ remoteAddress: `${at}` });
    const rooms = [1, 2, 3].map((at) => budget.reserve(25, address(at)));
    expect(() => budget.reserve(13, address(4))).toThrow(refused);
    expect(refusals).toBe(1);
    rooms[0]?.release();
    rooms[0]?.release();
    expect(budget.usedBytes).toBe(50);
    budget.reserve(25, address(4));
  });

  it('gives one connection a quarter of it, and others the rest', () => {
    const budget = new AnswerBudget(100);
    const connection = {};
    const room = budget.reserve(20, connection);
    expect(() => budget.reserve(6, connection)).toThrow(refused);
    budget.reserve(6, {});
    room.shrinkTo(10);
    room.shrinkTo(15);
    expect(budget.usedBytes).toBe(16);
    budget.reserve(15, connection);
    expect(() => budget.reserve(1, connection)).toThrow(refused);
  });

  it('lets one answer pass that is larger than the share of its connection', () => {
    const budget = new AnswerBudget(100);
    budget.reserve(1000, {});
    expect(budget.usedBytes).toBe(25);
  });
});
