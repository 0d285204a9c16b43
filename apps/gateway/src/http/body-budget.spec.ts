import { describe, expect, it } from '@jest/globals';
import { BodyBudget } from './body-budget.js';

describe('the budget for bodies', () => {
  it('refuses what would pass its bound, until something is given back', () => {
    const budget = new BodyBudget(100);
    const release = budget.reserve(60);
    budget.reserve(40);
    expect(() => budget.reserve(1)).toThrow('expected fewer bytes in flight');
    release();
    expect(budget.usedBytes).toBe(40);
    budget.reserve(60);
  });

  it('lets one body pass that is larger than the whole of it', () => {
    const budget = new BodyBudget(100);
    budget.reserve(1000);
    expect(() => budget.reserve(1)).toThrow();
  });
});
