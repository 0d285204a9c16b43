import { describe, expect, it } from '@jest/globals';
import { nearestName } from './nearest-name.js';

const NAMES = ['type', 'subject', 'function', 'from', 'to', 'granularity', 'timezone', 'fill'];

describe('the nearest name', () => {
  it.each([
    ['tpye', 'type'],
    ['TYPE', 'type'],
    ['subjects', 'subject'],
    ['func', 'function'],
    ['form', 'from'],
    ['granularty', 'granularity'],
    ['time_zone', 'timezone'],
    ['filled', 'fill'],
  ])('to %s is %s', (word, name) => expect(nearestName(word, NAMES)).toBe(name));

  it.each(['', 'x', 'colour', 'limit', '__proto__', 'x'.repeat(10_000)])('to %j is none', (word) =>
    expect(nearestName(word, NAMES)).toBeUndefined(),
  );
});
