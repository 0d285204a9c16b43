import { describe, expect, it } from '@jest/globals';
import { MAX_SERIES, MAX_SUBJECTS } from '@tally/contracts';
import { seriesId, ShardMap, slotOf } from '@tally/placement';
import fc from 'fast-check';
import { scatter, scatterSubjects } from './scatter.js';

describe('series ids of a request', () => {
  it('go to the shard of their slot, each once and in order', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), fc.integer({ min: 1, max: 9 }), (subjects, shards) => {
        const map = ShardMap.even(shards);
        const ids = subjects.map((subject) => seriesId('p', 't', subject));
        const parts = scatter(Buffer.concat(ids), map);
        for (const [shard, seriesIds] of parts) {
          const expected = ids.filter((id) => map.shardOf(slotOf(id)) === shard);
          expect(seriesIds.equals(Buffer.concat(expected))).toBe(true);
        }
        expect(parts.reduce((sum, [, { length }]) => sum + length, 0)).toBe(ids.length * 16);
        const order = parts.map(([shard]) => shard);
        expect(order).toEqual([...new Set(order)].sort((a, b) => a - b));
      }),
    );
  });

  it.each([[15], [16 * (MAX_SERIES + 1)]])('of %d bytes are refused', (length) => {
    expect(() => scatter(Buffer.alloc(length), ShardMap.even(1))).toThrow('expected at most');
  });
});

describe('subjects of a request', () => {
  it('go where their series go', () => {
    const map = ShardMap.even(3);
    const subjects = Array.from({ length: 50 }, (_, index) => `s${index}`);
    const ids = subjects.map((subject) => seriesId('p', 't', subject));
    const expected = scatter(Buffer.concat(ids), map).map(([shard, own]) => [
      shard,
      own.toString('hex'),
    ]);
    const parts = scatterSubjects({ project: 'p', type: 't', subjects }, map);
    expect(
      parts.map(([shard, own]) => [
        shard,
        Buffer.concat(own.map((subject) => seriesId('p', 't', subject))).toString('hex'),
      ]),
    ).toEqual(expected);
    expect(parts.length).toBeGreaterThan(1);
  });

  it('are refused when they are too many', () => {
    const subjects = Array.from({ length: MAX_SUBJECTS + 1 }, String);
    const asking = () => scatterSubjects({ project: 'p', type: 't', subjects }, ShardMap.even(1));
    expect(asking).toThrow('expected at most');
  });
});
