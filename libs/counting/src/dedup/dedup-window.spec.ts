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
  it('agrees with a map of occurrences, through sweeps and jumps of time', () => {
    const step = fc.record({
      id: fc.nat(4000),
      content: fc.constantFrom(0, 1, 0xffff),
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
          const model = new Map<number, { atMs: number; content: number }>();
          let nowMs = startMs;
          for (const { id, times, laterMs, content } of steps) {
            nowMs += laterMs;
            for (let time = 0; time < times; time++) {
              const last = model.get(id);
              const isCopy = last !== undefined && nowMs - last.atMs <= WINDOW_MS;
              const kept = isCopy ? last.content : content;
              const fate = kept === content ? 'duplicates' : 'conflicting';
              const expected = isCopy ? fate : 'first';
              model.set(id, { atMs: nowMs, content: kept });
              if (window.record(fingerprint(id), 0, nowMs, content) !== expected)
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
    for (let id = 0; id < 300_000; id++) window.record(fingerprint(id), 0, id, 0);
    expect(window.size).toBeLessThan(5000);
  });

  it('counts an occurrence that was itself a duplicate', () => {
    const window = new DedupWindow(1000);
    const fates = [0, 900, 1800, 2801].map((atMs) => window.record(fingerprint(1), 0, atMs, 7));
    expect(fates).toEqual(['first', 'duplicates', 'duplicates', 'first']);
  });

  it('tells fingerprints apart that differ in one bit', () => {
    const window = new DedupWindow(1000);
    window.record(Buffer.alloc(16), 0, 0, 0);
    for (let bit = 0; bit < 128; bit++) {
      const other = Buffer.alloc(16);
      other[bit >> 3] = 1 << (bit & 7);
      expect(window.record(other, 0, 0, 0)).toBe('first');
    }
  });

  it('holds the contents of the first one against all that follow, until it is forgotten', () => {
    const window = new DedupWindow(1000);
    const fates = [
      [0, 7],
      [500, 8],
      [900, 7],
      [1901, 8],
      [1902, 7],
    ].map(([atMs = 0, content = 0]) => window.record(fingerprint(1), 0, atMs, content));
    expect(fates).toEqual(['first', 'conflicting', 'duplicates', 'first', 'conflicting']);
  });
});
