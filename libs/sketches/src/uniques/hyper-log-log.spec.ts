import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { HashedText } from './hashed-text.js';
import { HyperLogLog, readRegisters, UNIQUE_ERROR } from './hyper-log-log.js';

const hashed = new HashedText();

function sketchOf(numbers: Iterable<number>): HyperLogLog {
  const sketch = new HyperLogLog();
  for (const number of numbers) sketch.add(hashed.take(`n${number}`));
  return sketch;
}

const upTo = (count: number) => Array.from({ length: count }, (_, number) => number);
const merged = (parts: readonly Buffer[]): HyperLogLog => {
  const sketch = new HyperLogLog();
  for (const part of parts) expect(sketch.merge(part, 0)).toBe(part.length);
  return sketch;
};

describe('the number of different values', () => {
  it.each([0, 1, 2, 10, 100, 300, 1000, 5000, 10_000, 40_000, 80_000, 300_000])(
    'is estimated within four standard errors for %d',
    (count) => {
      const sketch = sketchOf(upTo(count));
      expect(Math.abs(sketch.estimate() - count)).toBeLessThanOrEqual(4 * UNIQUE_ERROR * count);
      // What it takes is known while it grows.
      expect(sketch.size).toBeGreaterThanOrEqual(sketch.encode().length);
      expect(sketch.size).toBeLessThanOrEqual(sketch.encode().length + 1);
    },
  );

  it('of sets of one size has the error that is stated, and no bias', () => {
    const [sets, size] = [30, 20_000];
    const errors = upTo(sets).map((set) => {
      const numbers = upTo(size).map((number) => set * size + number);
      return sketchOf(numbers).estimate() / size - 1;
    });
    const mean = errors.reduce((sum, error) => sum + error, 0) / sets;
    const deviation = Math.sqrt(errors.reduce((sum, error) => sum + error ** 2, 0) / sets);
    expect(Math.abs(mean)).toBeLessThan((3 * UNIQUE_ERROR) / Math.sqrt(sets));
    expect(deviation).toBeLessThan(1.4 * UNIQUE_ERROR);
    expect(deviation).toBeGreaterThan(0.6 * UNIQUE_ERROR);
  }, 60_000);

  it('does not grow with values that were there, and all events are counted', () => {
    const sketch = sketchOf([...upTo(500), ...upTo(500)]);
    sketch.pass();
    expect(sketch.events).toBe(1001);
    expect(sketch.estimate()).toBe(sketchOf(upTo(500)).estimate());
  });
});

describe('a sketch of different values', () => {
  it('is the same bytes in whatever order and grouping its events came', () => {
    const part = fc.array(fc.nat({ max: 100_000 }), { maxLength: 2000 });
    fc.assert(
      fc.property(fc.array(part, { maxLength: 5 }), (parts) => {
        const whole = sketchOf(parts.flat()).encode();
        const encoded = parts.map((numbers) => sketchOf(numbers).encode());
        expect(merged(encoded).encode()).toEqual(whole);
        expect(merged(encoded.toReversed()).encode()).toEqual(whole);
        const [first = new HyperLogLog().encode(), ...others] = encoded;
        expect(merged([merged(others).encode(), first]).encode()).toEqual(whole);
      }),
      { numRuns: 50 },
    );
  });

  it('has the same registers as a list and as all of them', () => {
    // Half of each set is a list; together they are not.
    const halves = [0, 1].map((half) =>
      sketchOf(upTo(8000).filter((number) => number % 2 === half)).encode(),
    );
    expect(halves.map(([form]) => form)).toEqual([1, 1]);
    const whole = sketchOf(upTo(8000)).encode();
    expect(whole[0]).toBe(2);
    expect(merged(halves).encode()).toEqual(whole);
    expect(merged([whole, ...halves]).estimate()).toBe(sketchOf(upTo(8000)).estimate());
    const registers = new Map<number, number>();
    for (const half of halves)
      readRegisters(half, 0, (register, rank) =>
        registers.set(register, Math.max(rank, registers.get(register) ?? 0)),
      );
    const dense = new Map<number, number>();
    readRegisters(whole, 0, (register, rank) => dense.set(register, rank));
    expect(new Map([...registers].sort(([a], [b]) => a - b))).toEqual(dense);
  });

  it('has the bytes of the vectors', () => {
    expect(new HyperLogLog().encode().toString('hex')).toBe('010000');
    const sketch = new HyperLogLog();
    for (const text of ['s1', 'n1', 't', 's1']) sketch.add(hashed.take(text));
    sketch.pass();
    expect(sketch.encode().toString('hex')).toBe('010503055181067001090343');
    expect(sketch.estimate()).toBe(3);
  });

  it.each([
    ['', 'an end'],
    ['04', 'a first byte of 4'],
    ['01', 'an end'],
    ['010180', 'an end'],
    ['01018000', 'a number with a zero at its end'],
    ['0101ffffffffffffffff', 'more than 53 bits'],
    ['010001000041', '1 registers of 0 events'],
    ['010101000040', 'a rank of 0'],
    ['010101000074', 'a rank of 52'],
    ['010101100041', 'registers out of order'],
    ['0102020000410000', 'an end'],
    ['010202000041000041', 'registers out of order'],
    ['01028020', 'a list of 4096 registers'],
    ['0202', 'an end'],
    [`0202${'00'.repeat(12_288)}`, 'all registers, of which 0 are taken'],
    [`0202${'ff'.repeat(12_288)}`, 'a rank of 63'],
  ])('is not %s', (hex, expected) => {
    expect(() => merged([Buffer.from(hex, 'hex')])).toThrow(expected);
  });

  it('has no more events than a double holds', () => {
    const most = Buffer.from('01ffffffffffffff0f00', 'hex');
    expect(merged([most]).events).toBe(2 ** 53 - 1);
    expect(() => merged([most, most])).toThrow('more than 2^53 events');
  });
});
