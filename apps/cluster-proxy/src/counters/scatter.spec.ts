import { describe, expect, it } from '@jest/globals';
import { MAX_SERIES } from '@tally/contracts';
import { seriesId, ShardMap, slotOf } from '@tally/placement';
import fc from 'fast-check';
import { scatter } from './scatter.js';

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
