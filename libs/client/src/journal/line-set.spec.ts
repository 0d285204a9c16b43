import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { LineSet, type LineRange } from './line-set.js';

const LINES = 40;
const range = fc
  .tuple(fc.integer({ min: 1, max: LINES }), fc.nat(10))
  .map(([from, more]): LineRange => [from, from + more]);
const step = fc.record({ isAdded: fc.boolean(), range });

describe('a set of lines', () => {
  it('has what was added and not removed since, as the fewest ranges', () => {
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const [set, expected] = [new LineSet(), new Set<number>()];
        for (const { isAdded, range } of steps) {
          if (isAdded) set.add(range);
          else set.remove(range);
          for (let line = range[0]; line <= range[1]; line++)
            if (isAdded) expected.add(line);
            else expected.delete(line);
        }
        for (let line = 0; line <= LINES + 12; line++)
          expect(set.has(line)).toBe(expected.has(line));
        expect(set.count).toBe(expected.size);
        expect(set.isEmpty).toBe(expected.size === 0);
        const starts = [...expected].filter((line) => !expected.has(line - 1));
        expect(set.ranges.map(([from]) => from)).toEqual(starts.sort((a, b) => a - b));
      }),
    );
  });

  it('is told as people do', () => {
    expect(
      LineSet.of([
        [1, 10],
        [12, 12],
        [11, 11],
        [20, 20],
      ]).toString(),
    ).toBe('1-12, 20');
  });
});
