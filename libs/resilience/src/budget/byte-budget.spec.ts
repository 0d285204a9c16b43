import { describe, expect, it } from '@jest/globals';
import { ByteBudget, type Reservation } from './byte-budget.js';

describe('a budget of bytes', () => {
  it('lets nobody overtake, and wastes nothing that is given back twice', async () => {
    const budget = new ByteBudget(100);
    const granted: string[] = [];
    const reserve = (name: string, bytes: number): Promise<Reservation> =>
      budget.reserve(bytes).then((reservation) => {
        granted.push(name);
        return reservation;
      });
    const first = await reserve('first', 60);
    const large = reserve('large', 80);
    const small = reserve('small', 10);
    await Promise.resolve();
    expect(granted).toEqual(['first']);
    first.release();
    first.release();
    await Promise.all([large, small]);
    expect(granted).toEqual(['first', 'large', 'small']);
    expect(budget.bytesInUse).toBe(90);
  });

  it('gives all of it to a request that is larger', async () => {
    const budget = new ByteBudget(100);
    const all = await budget.reserve(1000);
    expect(budget.bytesInUse).toBe(100);
    all.release();
    expect(budget.bytesInUse).toBe(0);
  });

  it('refuses who does not want to wait when there is no room, or when others wait', async () => {
    const budget = new ByteBudget(100);
    const first = budget.tryReserve(60);
    expect(budget.tryReserve(41)).toBeUndefined();
    const waiting = budget.reserve(80);
    expect(budget.tryReserve(1)).toBeUndefined();
    first?.release();
    const second = await waiting;
    expect(budget.tryReserve(20)).toBeDefined();
    second.release();
    expect(budget.bytesInUse).toBe(20);
  });
});
