import { describe, expect, it } from '@jest/globals';
import { CounterRows, encodeCounterRows, HOUR_MS, MINUTE_MS } from '@tally/contracts';
import { LastAnswers } from './last-answers.js';

const hours = (from: number, to: number) => ({
  fromMinute: BigInt(from * 60),
  toMinute: BigInt(to * 60),
  windowMinutes: 60n,
});
const total = (from: number, to: number) => ({ ...hours(from, to), windowMinutes: undefined });
/** Rows of windows that begin at these hours. */
const rowsAt = (...starts: number[]): CounterRows => {
  const values = { index: 0, count: 1n, valued: 0n, sum: 0n, min: 0n, max: 0n };
  const rows = starts.map((start) => ({ ...values, startMinute: BigInt(start * 60) }));
  return CounterRows.of(encodeCounterRows(rows)) ?? CounterRows.NONE;
};
const known = (more = {}) => new LastAnswers({ maxBytes: 1 << 20, maxEntries: 100, ...more });
const startsOf = (answer: { readonly rows: CounterRows } | undefined) =>
  answer && [...answer.rows].map(({ startMinute }) => Number(startMinute) / 60);

describe('the last answers', () => {
  it('are of one series and granularity', () => {
    const last = known();
    last.remember('a', hours(10, 20), { rows: rowsAt(12), asOfMs: 5n });
    expect(startsOf(last.find('a', hours(10, 20)))).toEqual([12]);
    expect(last.find('b', hours(10, 20))).toBeUndefined();
    expect(last.find('a', { ...hours(10, 20), windowMinutes: 1n })).toBeUndefined();
    expect(last.find('a', total(10, 20))).toBeUndefined();
  });

  it('answer a part of what they were asked for, a total only as it was asked', () => {
    const last = known();
    last.remember('a', hours(10, 20), { rows: rowsAt(10, 12, 19), asOfMs: 5n });
    expect(startsOf(last.find('a', hours(11, 19)))).toEqual([12]);
    expect(last.find('a', hours(9, 19))).toBeUndefined();
    expect(last.find('a', hours(20, 22))).toBeUndefined();
    const cut = { ...hours(11, 19), fromMinute: 11n * 60n + 1n };
    expect(last.find('a', cut)).toBeUndefined();
    last.remember('a', total(10, 20), { rows: rowsAt(10), asOfMs: 5n });
    expect(startsOf(last.find('a', total(10, 20)))).toEqual([10]);
    expect(last.find('a', total(10, 19))).toBeUndefined();
  });

  it('are complete to an earlier instant where a question goes on behind their end', () => {
    const last = known();
    const asOfMs = BigInt(20 * HOUR_MS - 7);
    last.remember('a', hours(10, 20), { rows: rowsAt(12), asOfMs });
    // Until then nothing that lies behind their end can have come.
    const earlier = BigInt(19 * HOUR_MS - MINUTE_MS);
    expect(last.find('a', hours(11, 21))).toMatchObject({ asOfMs: earlier });
    expect(startsOf(last.find('a', hours(11, 21)))).toEqual([12]);
    expect(last.find('a', hours(11, 20))).toMatchObject({ asOfMs });
    const old = known();
    old.remember('a', hours(10, 20), { rows: CounterRows.NONE, asOfMs: 5n });
    expect(old.find('a', hours(10, 21))).toMatchObject({ asOfMs: 5n });
  });

  it('stay beside each other where one does not have the other, the newest first', () => {
    const last = known();
    last.remember('a', hours(0, 100), { rows: rowsAt(1, 50), asOfMs: 1n });
    last.remember('a', hours(40, 60), { rows: rowsAt(50, 51), asOfMs: 2n });
    expect(startsOf(last.find('a', hours(0, 100)))).toEqual([1, 50]);
    expect(startsOf(last.find('a', hours(45, 55)))).toEqual([50, 51]);
    last.remember('a', hours(0, 100), { rows: rowsAt(1), asOfMs: 3n });
    expect(startsOf(last.find('a', hours(45, 55)))).toEqual([]);
    expect(last.size.entries).toBe(1);
  });

  it('are bounded: the series that was not answered for longest goes', () => {
    let forgotten = 0;
    const last = known({ maxEntries: 2, onForgotten: () => (forgotten += 1) });
    const nothing = { rows: CounterRows.NONE, asOfMs: 1n };
    for (const series of ['a', 'b', 'a', 'c']) last.remember(series, hours(0, 1), nothing);
    const found = ['a', 'b', 'c'].map((series) => last.find(series, hours(0, 1)) !== undefined);
    expect(found).toEqual([true, false, true]);
    expect(forgotten).toBe(1);
    expect(last.size.entries).toBe(2);
  });

  it('are bounded in bytes, and one never takes the place of all', () => {
    const last = known({ maxBytes: 32_000 });
    for (let series = 0; series < 100; series++)
      last.remember(String(series), hours(0, 9), { rows: rowsAt(1, 2, 3), asOfMs: 1n });
    expect(last.size.bytes).toBeLessThanOrEqual(32_000);
    expect(last.size.entries).toBeGreaterThan(10);
    const many = Array.from({ length: 100 }, (_, start) => start);
    last.remember('long', hours(0, 100), { rows: rowsAt(...many), asOfMs: 1n });
    expect(last.find('long', hours(0, 100))).toBeUndefined();
    const none = known({ maxBytes: 0 });
    none.remember('a', hours(0, 1), { rows: CounterRows.NONE, asOfMs: 1n });
    expect(none.size).toEqual({ bytes: 0, entries: 0 });
  });
});
