import { describe, expect, it } from '@jest/globals';
import { seriesId } from '@tally/placement';
import { event } from '../../test/support/counted-blocks.js';
import { SeriesCache } from './series-cache.js';

const dimensionLists = [['a'], ['a', 'b'], ['a', 'c'], ['b'], ['c'], ['a', 'b', 'c']];

describe('the series of an event', () => {
  it.each([{ attributes: { a: 1 } }, { attributes: {} }, { attributes: { a: '1', c: false } }])(
    'does not depend on what was remembered before: $attributes',
    ({ attributes }) => {
      const used = new SeriesCache(1000);
      const one = event('1', { attributes });
      for (const names of [...dimensionLists, ...dimensionLists]) {
        const fresh = new SeriesCache(1000).split(one, names);
        expect({ names, key: used.split(one, names).key }).toEqual({ names, key: fresh.key });
      }
    },
  );

  it('is another one when the event type has got a dimension that the event lacks', () => {
    const series = new SeriesCache(1000);
    const one = event('1', { attributes: { a: 1 } });
    const before = series.split(one, ['a']);
    const after = series.split(one, ['a', 'b']);
    const values = [['a', 1] as const, ['b', undefined] as const];
    expect(after.id).toEqual(seriesId('default', 'view', 'video-1', values));
    expect(after.id).not.toEqual(before.id);
    // Both are named by the values that there are.
    expect(after.dimensions).toBe(before.dimensions);
  });

  it('is remembered: the same object while nothing was forgotten', () => {
    const series = new SeriesCache(1000);
    const one = event('1', { attributes: { a: 1 } });
    expect(series.split(one, ['a', 'b'])).toBe(series.split(one, ['a', 'b']));
    expect(series.all(one)).toBe(series.all(one));
  });
});
