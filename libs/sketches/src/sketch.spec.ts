import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DDSketch } from './quantiles/dd-sketch.js';
import { QUANTILES, readSketches, sketchEnd, sketchKind, UNIQUES } from './sketch.js';
import { HashedText } from './uniques/hashed-text.js';
import { HyperLogLog } from './uniques/hyper-log-log.js';

function some(count: number) {
  const uniques = new HyperLogLog();
  const quantiles = new DDSketch();
  const text = new HashedText();
  for (let number = 0; number < count; number++) {
    uniques.add(text.take(`n${number}`));
    quantiles.add(number * 1000);
  }
  return { uniques: uniques.encode(), quantiles: quantiles.encode() };
}

describe('sketches one behind the other', () => {
  it('say what they are of and where they end', () => {
    const { uniques, quantiles } = some(10);
    const both = Buffer.concat([uniques, quantiles]);
    expect(sketchKind(both, 0)).toBe(UNIQUES);
    expect(sketchEnd(both, 0)).toBe(uniques.length);
    expect(sketchKind(both, uniques.length)).toBe(QUANTILES);
    expect(sketchEnd(both, uniques.length)).toBe(both.length);
    expect(() => sketchKind(both, both.length)).toThrow('got none');
  });

  it('are one sketch', () => {
    const { uniques } = some(10);
    const read = readSketches(new HyperLogLog(), Buffer.concat([uniques, some(5).uniques]));
    expect([read.events, read.estimate()]).toEqual([15, 10]);
    expect(readSketches(new DDSketch(), Buffer.alloc(0)).count).toBe(0);
    expect(() => readSketches(new DDSketch(), uniques)).toThrow(RangeError);
  });

  it('are sketches with an end, or a RangeError, whatever the bytes', () => {
    const [few, many] = [some(5), some(6000)];
    const seeds = [few.uniques, few.quantiles, many.uniques, many.quantiles];
    fc.assert(
      fc.property(fc.constantFrom(...seeds), fc.nat(), fc.uint8Array(), (bytes, cut, garbage) => {
        const middle = cut % (bytes.length + 1);
        for (const one of [
          Buffer.from(garbage),
          bytes.subarray(0, middle),
          Buffer.concat([bytes.subarray(0, middle), garbage, bytes.subarray(middle)]),
        ])
          try {
            const end = sketchEnd(one, 0);
            expect(end).toBeLessThanOrEqual(one.length);
            // What is taken is written again as it came: of one sketch there are no two texts.
            const merged = sketchKind(one, 0) === UNIQUES ? new HyperLogLog() : new DDSketch();
            merged.merge(one, 0);
            expect(merged.encode()).toEqual(one.subarray(0, end));
          } catch (error) {
            expect(error).toBeInstanceOf(RangeError);
          }
      }),
      { numRuns: 150 },
    );
  });
});
