import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { OffsetSet } from './offset-set.js';

describe('a set of offsets', () => {
  it('agrees with a plain set, and has the fewest ranges', () => {
    const range = fc.tuple(fc.nat(60), fc.nat(8)).map(([from, length]) => [from, from + length]);
    fc.assert(
      fc.property(fc.array(range), (ranges) => {
        const set = new OffsetSet();
        const model = new Set<number>();
        for (const [from = 0, to = 0] of ranges) {
          set.add(BigInt(from), BigInt(to));
          for (let offset = from; offset < to; offset++) model.add(offset);
        }
        let edges = 0;
        for (let offset = 0; offset < 70; offset++) {
          expect(set.has(BigInt(offset))).toBe(model.has(offset));
          let missing = offset;
          while (model.has(missing)) missing += 1;
          expect(set.firstMissing(BigInt(offset))).toBe(BigInt(missing));
          if (model.has(offset) && !model.has(offset - 1)) edges += 1;
        }
        expect([...set].length).toBe(edges);
        expect(set.end).toBe(BigInt(Math.max(0, ...[...model].map((offset) => offset + 1))));
      }),
    );
  });

  it('holds offsets past 2^53', () => {
    const set = new OffsetSet([{ from: 2n ** 53n, to: 2n ** 53n + 1n }]);
    expect(set.has(2n ** 53n)).toBe(true);
    expect(set.has(2n ** 53n + 1n)).toBe(false);
  });
});
