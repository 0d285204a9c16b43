import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DDSketch, QUANTILE_ERROR } from './dd-sketch.js';
import { bucketOf, BUCKETS, magnitudeOf } from './value-buckets.js';

const micro = fc.oneof(
  fc.integer({ min: -60, max: 60 }),
  fc.integer({ min: -1_000_000_000, max: 1_000_000_000 }),
  fc
    .record({
      unscaled: fc.integer({ min: -999_999_999_999_999, max: 999_999_999_999_999 }),
      power: fc.constantFrom(1, 10, 1000),
    })
    .map(({ unscaled, power }) => unscaled * power),
);

function sketchOf(values: Iterable<number>): DDSketch {
  const sketch = new DDSketch();
  for (const value of values) sketch.add(value);
  return sketch;
}

const merged = (parts: readonly Buffer[]): DDSketch => {
  const sketch = new DDSketch();
  for (const part of parts) expect(sketch.merge(part, 0)).toBe(part.length);
  return sketch;
};

describe('a quantile', () => {
  it('is within its error beside the value that stands there in ascending order', () => {
    const values = fc.array(micro, { minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(values, fc.integer({ min: 0, max: 1000 }), (all, perMille) => {
        const ascending = all.toSorted((a, b) => a - b);
        const at = (BigInt(perMille) * BigInt(all.length - 1)) / 1000n;
        const exact = ascending[Number(at)] ?? NaN;
        const found = sketchOf(all).quantile(perMille) ?? NaN;
        // The share of a rounding beside: values of more than 53 bits are doubles.
        const room = Math.abs(exact) * QUANTILE_ERROR * (1 + 1e-12);
        expect(Math.abs(found - exact)).toBeLessThanOrEqual(room);
      }),
      { numRuns: 1000 },
    );
  });

  it('of no values is none', () => expect(new DDSketch().quantile(500)).toBeUndefined());
});

describe('a sketch of values', () => {
  it('is the same bytes in whatever order and grouping its values came', () => {
    fc.assert(
      fc.property(fc.array(fc.array(micro, { maxLength: 200 }), { maxLength: 5 }), (parts) => {
        const whole = sketchOf(parts.flat());
        const encoded = parts.map((values) => sketchOf(values).encode());
        expect(merged(encoded).encode()).toEqual(whole.encode());
        expect(merged(encoded.toReversed()).encode()).toEqual(whole.encode());
        const [first = new DDSketch().encode(), ...others] = encoded;
        expect(merged([merged(others).encode(), first]).encode()).toEqual(whole.encode());
        expect(whole.count).toBe(parts.flat().length);
        expect(whole.size).toBeGreaterThanOrEqual(whole.encode().length);
      }),
    );
  });

  it('tells one value from two of them', () => {
    const one = sketchOf([5]).encode();
    expect(merged([one, one]).encode()).not.toEqual(one);
    expect(merged([one, one]).encode()).toEqual(sketchOf([5, 5]).encode());
  });

  it('has the bytes of the vectors', () => {
    expect(new DDSketch().encode().toString('hex')).toBe('0300');
    const values = [-2_000_000, 0, 0, 1, 500_000, 999_999_999_999_999_000];
    expect(sketchOf(values).encode().toString('hex')).toBe('0305c30a01d605020001900501870b01');
  });

  it.each([
    ['', 'an end'],
    ['01', 'a first byte of 1'],
    ['03', 'an end'],
    ['0301', 'an end'],
    ['030100', 'an end'],
    ['03010000', 'a bucket without values'],
    ['0301b52001', 'a value out of range'],
    ['03b620', '4150 buckets'],
  ])('is not %s', (hex, expected) => {
    expect(() => merged([Buffer.from(hex, 'hex')])).toThrow(expected);
  });
});

describe('buckets', () => {
  it('reach from a micro-unit to the largest magnitude, each 2 % wide at most', () => {
    expect(BUCKETS).toBe(2074);
    expect(bucketOf(1)).toBe(0);
    expect(bucketOf(999_999_999_999_999_000)).toBe(BUCKETS - 1);
    for (let bucket = 1; bucket < BUCKETS; bucket++)
      if (bucketOf(magnitudeOf(bucket)) === bucket)
        expect(magnitudeOf(bucket)).toBeGreaterThan(magnitudeOf(bucket - 1));
  });

  it('of small magnitudes have one each, so that those are exact', () => {
    for (let value = 1; value < 50; value++) expect(magnitudeOf(bucketOf(value))).toBe(value);
  });
});
