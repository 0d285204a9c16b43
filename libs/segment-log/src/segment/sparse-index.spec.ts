import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { INDEX_INTERVAL_BYTES, pointOfOffset, pointOfTime, SparseIndex } from './sparse-index.js';

const batches = fc.array(
  fc.record({
    count: fc.integer({ min: 1, max: 20 }),
    size: fc.integer({ min: 61, max: 3 * INDEX_INTERVAL_BYTES }),
    timeMs: fc.integer({ min: 0, max: 50 }),
  }),
  { minLength: 1, maxLength: 100 },
);

describe('SparseIndex', () => {
  it('points less than an interval before the batch with an offset, and not behind one with a time', () => {
    fc.assert(
      fc.property(batches, (list) => {
        const index = new SparseIndex();
        const placed: { offset: number; position: number; timeMs: number }[] = [];
        let [offset, position, maxTimeMs] = [0, 0, -1];
        for (const { count, size, timeMs } of list) {
          index.add(offset, position, maxTimeMs);
          placed.push({ offset, position, timeMs });
          offset += count;
          position += size;
          maxTimeMs = Math.max(maxTimeMs, timeMs);
        }
        for (const [number, batch] of placed.entries()) {
          const last = (placed[number + 1]?.offset ?? offset) - 1;
          const found = pointOfOffset(index, last).position;
          expect(found).toBeLessThanOrEqual(batch.position);
          expect(batch.position - found).toBeLessThan(INDEX_INTERVAL_BYTES);
        }
        for (let timeMs = 0; timeMs <= maxTimeMs; timeMs++) {
          const first = placed.find((batch) => batch.timeMs >= timeMs);
          expect(pointOfTime(index, timeMs).position).toBeLessThanOrEqual(first?.position ?? 0);
        }
      }),
    );
  });
});
