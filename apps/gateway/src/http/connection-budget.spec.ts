import { describe, expect, it } from '@jest/globals';
import { ConnectionBudget, type Holder } from './connection-budget.js';

const from = (remoteAddress: string): Holder => ({ remoteAddress });

/** Takes 1 at a time over each connection in turn until there is no more. Returns what each has. */
function fill(budget: ConnectionBudget, connections: readonly Holder[]): number[] {
  const rooms = connections.map((connection) => ({ room: budget.open(connection), bytes: 0 }));
  let took = true;
  while (took) {
    took = false;
    for (const each of rooms)
      if (each.room.take(1)) {
        each.bytes += 1;
        took = true;
      }
  }
  return rooms.map(({ bytes }) => bytes);
}

describe('a budget of connections', () => {
  it('that one caller fills over many connections leaves others as much as each of those has', () => {
    const budget = new ConnectionBudget(900);
    const greedy = fill(budget, Array<string>(8).fill('a').map(from));
    expect(greedy).toEqual(Array<number>(8).fill(75));
    expect(budget.open(from('b')).take(150)).toBe(true);
  });

  it('has room for who wants little from the address of the greedy, as behind a balancer', () => {
    const budget = new ConnectionBudget(10_000);
    fill(budget, Array<string>(99).fill('a').map(from));
    expect(budget.usedBytes).toBeLessThan(7500);
    expect(budget.open(from('a')).take(20)).toBe(true);
  });

  it('that callers of many addresses fill has room for who wants little', () => {
    const budget = new ConnectionBudget(10_000);
    const greedy = fill(
      budget,
      Array.from({ length: 99 }, (_, at) => from(`${at}`)),
    );
    expect(Math.max(...greedy)).toBe(100);
    expect(budget.open(from('quiet')).take(50)).toBe(true);
  });

  it('is whole for one alone, up to its share, and gives back what an address held', () => {
    const budget = new ConnectionBudget(100, 100);
    const connection = { remoteAddress: 'a' as string | undefined };
    const room = budget.open(connection);
    expect(room.take(100)).toBe(true);
    connection.remoteAddress = undefined;
    room.release();
    expect(budget.usedBytes).toBe(0);
    expect(budget.open(from('a')).take(100)).toBe(true);
  });
});
