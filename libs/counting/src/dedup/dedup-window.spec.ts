import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DedupWindow } from './dedup-window.js';

const WINDOW_MS = 600_000;

function fingerprint(number: number): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.writeUInt32BE(number % 7, 0);
  bytes.writeUInt32BE(number % 97, 4);
  bytes.writeUInt32BE(number, 12);
  return bytes;
}

describe('the dedup window', () => {
  it('agrees with a map of last occurrences, through sweeps and jumps of time', () => {
    const step = fc.record({
      id: fc.nat(4000),
      times: fc.integer({ min: 1, max: 3 }),
      laterMs: fc.oneof(
        fc.nat(20),
        fc.constantFrom(WINDOW_MS, WINDOW_MS + 1, WINDOW_MS - 1, 2 ** 32, 2 ** 33 + 5),
      ),
    });
    fc.assert(
      fc.property(
        fc.array(step, { minLength: 100, maxLength: 3000, size: 'max' }),
        fc.constantFrom(0, 1_767_225_600_000),
        (steps, startMs) => {
          const window = new DedupWindow(WINDOW_MS);
          const model = new Map<number, number>();
          let nowMs = startMs;
          for (const { id, times, laterMs } of steps) {
            nowMs += laterMs;
            for (let time = 0; time < times; time++) {
              const last = model.get(id);
              const expected = last !== undefined && nowMs - last <= WINDOW_MS;
              model.set(id, nowMs);
              if (window.record(fingerprint(id), 0, nowMs) !== expected)
                throw new Error(`id ${id} at ${nowMs}: expected ${expected}`);
            }
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  it('forgets what is too old, so that its size follows the rate and not the time', () => {
    const window = new DedupWindow(1000);
    for (let id = 0; id < 300_000; id++) window.record(fingerprint(id), 0, id);
    expect(window.size).toBeLessThan(5000);
  });

  it('counts an occurrence that was itself a duplicate', () => {
    const window = new DedupWindow(1000);
    expect(window.record(fingerprint(1), 0, 0)).toBe(false);
    expect(window.record(fingerprint(1), 0, 900)).toBe(true);
    expect(window.record(fingerprint(1), 0, 1800)).toBe(true);
    expect(window.record(fingerprint(1), 0, 2801)).toBe(false);
  });

  it('tells fingerprints apart that differ in one bit', () => {
    const window = new DedupWindow(1000);
    window.record(Buffer.alloc(16), 0, 0);
    for (let bit = 0; bit < 128; bit++) {
      const other = Buffer.alloc(16);
      other[bit >> 3] = 1 << (bit & 7);
      expect(window.record(other, 0, 0)).toBe(false);
    }
  });
});
