import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DedupWindow, MAX_FINGERPRINT_BYTES } from './dedup-window.js';

const WINDOW_MS = 600_000;
const CHUNK_BYTES = 180_224;

function fingerprint(number: number): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.writeUInt32BE(number % 7, 0);
  bytes.writeUInt32BE(number % 97, 4);
  bytes.writeUInt32BE(number, 12);
  return bytes;
}

const HASHED = Buffer.alloc(16);

/** As a cryptographic hash would spread it; until this is called again. */
function hashed(number: number): Buffer {
  for (let word = 0; word < 4; word++) {
    const mixed = Math.imul(number + 1, 0x9e3779b1 + 2 * word) ^ (number >>> (3 * word));
    HASHED.writeInt32BE(Math.imul(mixed ^ (mixed >>> 15), 0x85ebca6b), 4 * word);
  }
  return HASHED;
}

function xorshift(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
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

  it.each([
    ['a few ms pass with each', 3],
    ['time stands still for hours and then jumps', 0],
  ])(
    'agrees with a map of occurrences through splits and merges of pages while %s',
    (_, stepMs) => {
      const window = new DedupWindow(WINDOW_MS);
      const model = new Map<number, { atMs: number; content: number }>();
      const random = xorshift(7);
      let nowMs = 1_767_225_600_000;
      for (let step = 0; step < 400_000; step++) {
        nowMs += stepMs;
        if (step % 60_000 === 59_999) nowMs += WINDOW_MS - (step % 7);
        // First ever more of them, then ever fewer.
        const id = random() % Math.min(step + 1, 401_000 - step);
        const content = random() % 2;
        const last = model.get(id);
        const isCopy = last !== undefined && nowMs - last.atMs <= WINDOW_MS;
        const kept = isCopy ? last.content : content;
        const expected = isCopy ? (kept === content ? 'duplicates' : 'conflicting') : 'first';
        model.set(id, { atMs: nowMs, content: kept });
        if (window.record(hashed(id), 0, nowMs, content) !== expected)
          throw new Error(`step ${step}, id ${id}: expected ${expected}`);
      }
    },
  );

  it('has as few bytes for each fingerprint as it says and makes room for few at a time, however many there are', () => {
    const window = new DedupWindow(WINDOW_MS);
    let most = 0;
    let mostAtOnce = 0;
    for (let id = 0, bytes = 0; id < 800_000; id++) {
      window.record(hashed(id), 0, 0, 0);
      mostAtOnce = Math.max(mostAtOnce, window.bytes - bytes);
      bytes = window.bytes;
      if (id > 400_000) most = Math.max(most, bytes / window.size);
    }
    expect(mostAtOnce).toBe(CHUNK_BYTES);
    expect(most).toBeLessThanOrEqual(MAX_FINGERPRINT_BYTES);
  });

  it('forgets at once all that is too old, when it is told to', () => {
    const window = new DedupWindow(WINDOW_MS);
    for (let id = 0; id < 50_000; id++) window.record(hashed(id), 0, id, 0);
    window.forgetBefore(WINDOW_MS + 40_000);
    expect(window.size).toBe(10_000);
    expect(window.record(hashed(39_999), 0, WINDOW_MS + 40_000, 0)).toBe('first');
    expect(window.record(hashed(40_000), 0, WINDOW_MS + 40_000, 0)).toBe('duplicates');
  });

  it('gives memory back when fewer fingerprints come', () => {
    const window = new DedupWindow(1000);
    for (let id = 0; id < 200_000; id++) window.record(hashed(id), 0, Math.floor(id / 200), 0);
    const most = window.bytes;
    for (let id = 0; id < 20_000; id++) window.record(hashed(id), 0, 1000 + id, 0);
    expect(most).toBeGreaterThan(30 * CHUNK_BYTES);
    expect(window.bytes).toBeLessThanOrEqual(2 * CHUNK_BYTES);
  });

  it('takes no time for one of weeks later', () => {
    const window = new DedupWindow(2 ** 29);
    const WEEKS_MS = 2 ** 31;
    const fates: string[] = [];
    for (let atMs = 0; atMs <= WEEKS_MS + 10; atMs += 2 ** 26) {
      window.record(hashed(1 + atMs / 2 ** 26), 0, atMs, 0);
      if (atMs % WEEKS_MS === 0) fates.push(window.record(hashed(0), 0, atMs, 0));
    }
    expect(fates).toEqual(['first', 'first']);
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
