import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { decodeDeltaRows, decodeSeriesNames, encodeSeriesNames } from '@tally/contracts';
import { seriesId } from '@tally/placement';
import type pg from 'pg';
import { admitSeries, applyDelta, parseDelta } from '../src/index.js';
import { PostgresFixture } from './support/database.js';
import { everySlot, request, row, subjectId } from './support/requests.js';

const postgres = new PostgresFixture();
let pool: pg.Pool;
beforeAll(async () => {
  pool = await postgres.startShard();
}, 120_000);
afterAll(() => postgres.stop(), 60_000);
let offset = 0;
beforeEach(() => postgres.owner.query('TRUNCATE minute_counters, coverage, series'));

type Counted = readonly [subject: string, country: string, minute: number, value: number];
const idOf = (subject: string, country: string) =>
  seriesId('default', 'view', subject, [['country', country]]);

/** A delta of events with a country each, of a type that allows a subject so many of them. */
function deltaOf(most: number, events: readonly Counted[], from = offset++) {
  const rows = events.map(([subject, country, minute, value]) =>
    row(subject, minute, {
      series: idOf(subject, country),
      valued: 1n,
      sum: BigInt(value),
      min: BigInt(value),
      max: BigInt(value),
    }),
  );
  const named = new Map(events.map(([subject, country]) => [`${subject} ${country}`, subject]));
  const seriesNames = encodeSeriesNames(
    [...named].map(([key, subject]) => {
      const country = key.slice(subject.length + 1);
      const dimensions = JSON.stringify({ country });
      return { id: idOf(subject, country), project: 'default', type: 'view', subject, dimensions };
    }),
  );
  const splitRules = [{ project: 'default', type: 'view', dimensions: ['country'], most }];
  return request({ 0: [[from, from + 1]] }, rows, { seriesNames, splitRules });
}

/** Applies it as a shard does; returns the countries that were refused. */
async function apply(asked: ReturnType<typeof deltaOf>) {
  const { request: admitted, refused } = await admitSeries(pool, asked);
  const { kind } = await applyDelta(pool, parseDelta(admitted, everySlot));
  return { kind, refused: refused.map(({ dimensions }) => dimensions) };
}

/** `subject country@minute count sum min..max` of all counters. */
async function counters(): Promise<string[]> {
  const { rows } = await pool.query<{ text: string }>(
    `SELECT format('%s %s@%s %s %s %s..%s', subject, dimensions::jsonb ->> 'country', start_minute,
                   count, sum, min, max) AS text
     FROM minute_counters JOIN series ON id = series ORDER BY 1`,
  );
  return rows.map(({ text }) => text);
}

describe('split series of a subject', () => {
  it('beyond the limit of their type are counted as one', async () => {
    const first = deltaOf(2, [
      ['a', 'FR', 1, 1],
      ['a', 'DE', 1, 2],
      ['b', 'IT', 1, 5],
    ]);
    expect(await apply(first)).toEqual({ kind: 'applied', refused: [] });
    const more = deltaOf(2, [
      ['a', 'FR', 1, 10],
      ['a', 'PT', 1, -7],
      ['a', 'ES', 1, 9],
      ['a', 'ES', 2, 11],
      ['b', 'ES', 1, 13],
    ]);
    const { refused } = await apply(more);
    expect(refused.toSorted()).toEqual(['{"country":"ES"}', '{"country":"PT"}']);
    const expected = [
      'a (other)@1 2 2 -7..9',
      'a (other)@2 1 11 11..11',
      'a DE@1 1 2 2..2',
      'a FR@1 2 11 1..10',
      'b ES@1 1 13 13..13',
      'b IT@1 1 5 5..5',
    ];
    expect(await counters()).toEqual(expected);
    // An answer that was lost: the same again is refused the same, and changes nothing.
    expect(await apply(more)).toEqual({ kind: 'already applied', refused });
    expect(await counters()).toEqual(expected);
  });

  it('are as many as the limit says although all come at once', async () => {
    const many = Array.from({ length: 500 }, (_, n): Counted => ['a', `c${n}`, 1, 1]);
    expect((await apply(deltaOf(100, many))).refused).toHaveLength(400);
    const { rows } = await pool.query(
      'SELECT count(*)::int4, sum(count)::int4 FROM minute_counters',
    );
    expect(rows).toEqual([{ count: 101, sum: 500 }]);
    // Those that are in stay in, and those that are not get in when the type allows more.
    expect((await apply(deltaOf(100, many))).refused).toHaveLength(400);
    // The series of all others is one of them.
    expect((await apply(deltaOf(400, many))).refused).toHaveLength(101);
  });

  it('of several minutes and classes are summed up, each row once', async () => {
    const asked = deltaOf(1, [
      ['a', 'FR', 1, 1],
      ['a', 'DE', 1, 2],
      ['a', 'IT', 1, 4],
      ['a', 'IT', 2, 8],
      ['a', '(other)', 1, 16],
    ]);
    const { request: admitted } = await admitSeries(pool, asked);
    const rows = decodeDeltaRows(admitted.rows) ?? [];
    expect(rows.reduce((sum, one) => sum + one.sum, 0n)).toBe(31n);
    const keys = rows.map((one) => `${Buffer.from(one.series).toString('hex')} ${one.minute}`);
    expect(new Set(keys).size).toBe(keys.length);
    const names = decodeSeriesNames(admitted.seriesNames) ?? [];
    expect(names.map(({ dimensions }) => dimensions).toSorted()).toEqual(
      expect.arrayContaining(['{"country":"(other)"}']),
    );
    expect(names).toHaveLength(2);
  });

  it('have no limit where none is told, nor have the series of whole subjects', async () => {
    const unlimited = { ...deltaOf(1, [['a', 'FR', 1, 1], ['a', 'DE', 1, 1]]), splitRules: [] }; // prettier-ignore
    expect(await admitSeries(pool, unlimited)).toEqual({ request: unlimited, refused: [] });
    const whole = deltaOf(1, []);
    const named = {
      ...whole,
      seriesNames: encodeSeriesNames(
        ['x', 'y'].map((subject) => ({
          id: subjectId(subject),
          project: 'default',
          type: 'view',
          subject,
          dimensions: '',
        })),
      ),
    };
    expect((await admitSeries(pool, named)).refused).toEqual([]);
  });
});
