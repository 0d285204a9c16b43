import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { DamagedRange } from '../segment/damaged-range.js';
import { Quarantine } from './quarantine.js';

const SEGMENT_RECORDS = 100;
const range = (offset: number, count: number): DamagedRange => ({
  offset: BigInt(offset),
  endOffset: BigInt(offset + count),
  segment: `${Math.floor(offset / SEGMENT_RECORDS)}.log`,
  position: offset * 10,
  endPosition: (offset + count) * 10,
  reason: 'a test',
  foundAtMs: 0,
});
/** In one segment each. */
const ranges = fc.array(
  fc
    .record({ offset: fc.nat({ max: 399 }), count: fc.integer({ min: 1, max: 20 }) })
    .map(({ offset, count }) =>
      range(offset, Math.min(count, SEGMENT_RECORDS - (offset % SEGMENT_RECORDS))),
    ),
);

describe('Quarantine', () => {
  it('holds every damaged record and no other, in ranges that do not overlap', () => {
    fc.assert(
      fc.property(ranges, (added) => {
        const quarantine = new Quarantine();
        for (const one of added) quarantine.add(one);
        for (let offset = 0n; offset < 420n; offset++) {
          const isDamaged = added.some((one) => one.offset <= offset && offset < one.endOffset);
          expect(quarantine.at(offset) !== undefined).toBe(isDamaged);
        }
        const all = quarantine.all();
        for (const [index, { endOffset, offset, position, endPosition }] of all.entries()) {
          expect(endOffset).toBeLessThanOrEqual(all[index + 1]?.offset ?? endOffset);
          expect([position, endPosition]).toEqual([Number(offset) * 10, Number(endOffset) * 10]);
        }
      }),
    );
  });

  it('says whether a range is new', () => {
    const quarantine = new Quarantine();
    expect(quarantine.add(range(10, 5))).toBe(true);
    expect(quarantine.add(range(11, 2))).toBe(false);
    expect(quarantine.add(range(12, 5))).toBe(true);
    expect(quarantine.all()).toHaveLength(1);
  });

  it('joins neighbours of one segment when there are too many, and none of two', () => {
    fc.assert(
      fc.property(ranges, (added) => {
        const quarantine = new Quarantine(3);
        for (const one of added) quarantine.add(one);
        expect(quarantine.all().length).toBeLessThanOrEqual(4);
        for (const one of added) {
          for (let { offset } = one; offset < one.endOffset; offset++) {
            expect(quarantine.at(offset)?.segment).toBe(one.segment);
          }
        }
      }),
    );
  });
});
