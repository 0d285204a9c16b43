import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { RowIndex } from './row-index.js';

describe('an index of rows', () => {
  it('has one row for each series and window, found again also by new numbers', () => {
    const keys = fc.array(fc.tuple(fc.nat(40), fc.constantFrom(0, 1, 2 ** 32, 2 ** 34 + 1)));
    fc.assert(
      fc.property(keys, fc.nat(1000), (asked, shift) => {
        const index = new RowIndex();
        const rows = new Map<string, number>();
        for (const [series, window] of asked) {
          const known = rows.get(`${series} ${window}`);
          const row = index.row(series, window);
          expect(row).toBe(known ?? rows.size);
          rows.set(`${series} ${window}`, row);
          expect([index.size, index.seriesOf(row), index.windowOf(row)]).toEqual([
            rows.size,
            series,
            window,
          ]);
        }
        index.renumber(Int32Array.from({ length: 41 }, (_, series) => series + shift));
        for (const [key, row] of rows) {
          const [series = 0, window = 0] = key.split(' ').map(Number);
          expect(index.row(series + shift, window)).toBe(row);
        }
        expect(index.size).toBe(rows.size);
      }),
    );
  });

  it('has as many rows as it is asked for', () => {
    const index = new RowIndex();
    for (let minute = 0; minute < 50_000; minute++) expect(index.row(7, minute * 8)).toBe(minute);
    for (let minute = 0; minute < 50_000; minute++) expect(index.row(7, minute * 8)).toBe(minute);
  });
});
