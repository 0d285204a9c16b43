import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { expiredSegments, type Retention, type SegmentFacts } from './retention.js';

const NOW = 10_000;
const NOTHING: Retention = { ms: undefined, bytes: undefined };
const segment = (maxTimestampMs: number | undefined, size = 100): SegmentFacts => ({
  size,
  maxTimestampMs,
});

describe('retention', () => {
  it('keeps everything where nothing is set', () => {
    expect(expiredSegments([segment(0), segment(0), segment(0)], NOTHING, NOW)).toBe(0);
  });

  it('lets segments go whose youngest record is too old', () => {
    const segments = [segment(1000), segment(4999), segment(5000), segment(9000)];
    expect(expiredSegments(segments, { ...NOTHING, ms: 5000 }, NOW)).toBe(2);
  });

  it('keeps an old segment behind a young one', () => {
    const segments = [segment(1000), segment(9000), segment(1000), segment(9000)];
    expect(expiredSegments(segments, { ...NOTHING, ms: 5000 }, NOW)).toBe(1);
  });

  it('lets a segment of which nothing can be read go with the one behind it', () => {
    const limit = { ...NOTHING, ms: 5000 };
    const unreadable = segment(undefined);
    expect(expiredSegments([unreadable, segment(4999), segment(9000)], limit, NOW)).toBe(2);
    expect(expiredSegments([unreadable, segment(5000), segment(9000)], limit, NOW)).toBe(0);
    expect(expiredSegments([unreadable, unreadable], limit, NOW)).toBe(0);
  });

  it('lets the oldest go while the rest is large enough', () => {
    const segments = [segment(0), segment(0), segment(0), segment(0, 50)];
    expect(expiredSegments(segments, { ...NOTHING, bytes: 151 }, NOW)).toBe(1);
    expect(expiredSegments(segments, { ...NOTHING, bytes: 150 }, NOW)).toBe(2);
    expect(expiredSegments(segments, { ...NOTHING, bytes: 0 }, NOW)).toBe(3);
  });

  it('never lets the segment go that is being written, nor one that both limits allow', () => {
    const facts = fc.record({
      size: fc.nat({ max: 1000 }),
      maxTimestampMs: fc.nat({ max: NOW }),
    });
    const limit = fc.option(fc.nat({ max: 12_000 }), { nil: undefined });
    fc.assert(
      fc.property(fc.array(facts, { minLength: 1 }), limit, limit, (segments, ms, bytes) => {
        const expired = expiredSegments(segments, { ms, bytes }, NOW);
        expect(expired).toBeLessThan(segments.length);
        const left = segments.slice(expired);
        const size = left.reduce((sum, one) => sum + one.size, 0);
        for (const [index, one] of segments.slice(0, expired).entries()) {
          const behind = segments.slice(index + 1).reduce((sum, { size: each }) => sum + each, 0);
          expect(
            (ms !== undefined && one.maxTimestampMs < NOW - ms) ||
              (bytes !== undefined && behind >= bytes),
          ).toBe(true);
        }
        const [first] = left;
        if (left.length < 2 || first === undefined) return;
        expect(ms !== undefined && first.maxTimestampMs < NOW - ms).toBe(false);
        expect(bytes !== undefined && size - first.size >= bytes).toBe(false);
      }),
    );
  });
});
