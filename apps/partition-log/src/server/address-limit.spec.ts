import { expect, it } from '@jest/globals';
import { AddressLimit } from './address-limit.js';

it('an address that fails too often waits until its minute is over, and no other does', () => {
  let nowMs = 0;
  const limit = new AddressLimit(2, () => nowMs);
  limit.add('a');
  expect(limit.isReached('a')).toBe(false);
  nowMs = 59_000;
  limit.add('a');
  expect([limit.isReached('a'), limit.isReached('b')]).toEqual([true, false]);
  nowMs = 60_000;
  expect(limit.isReached('a')).toBe(false);
  limit.add('a');
  expect(limit.isReached('a')).toBe(false);
});

it('as many addresses as one likes take no more than bounded memory', () => {
  const limit = new AddressLimit(1, () => 0);
  for (let address = 0; address <= 10_000; address++) limit.add(String(address));
  expect([limit.isReached('0'), limit.isReached('1'), limit.isReached('10000')]).toEqual([
    false,
    true,
    true,
  ]);
});
