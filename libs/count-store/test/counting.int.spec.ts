import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TallyError } from '@tally/contracts';
import fc from 'fast-check';
import pg from 'pg';
import { fromMultirange } from '../src/coverage/offset-ranges.js';
import { APPLY_DELTA, type Statement } from '../src/delta/apply-delta.sql.js';
import { applyDelta, makeTablePartitions } from '../src/index.js';
import { PostgresFixture } from './support/database.js';
import {
  deltaOf,
  ledgerOf,
  rowsOf,
  rowTexts,
  type ModelLog,
  type Ranges,
} from './support/log-model.js';

const PARTITIONS = 3;
const OFFSETS = 20;
const SUBJECTS = ['a', 'b', 'c'];
const RUNS = 60;

const postgres = new PostgresFixture();
let writers: readonly [pg.Pool, pg.Pool];
let observer: pg.Pool;
beforeAll(async () => {
  await postgres.start();
  const writer = await postgres.migrateFor('writer', postgres.url);
  await makeTablePartitions(postgres.url, 0);
  writers = [postgres.pool(writer, 1, 'writer'), postgres.pool(writer, 1, 'writer')];
  observer = postgres.pool(postgres.url, 1);
}, 120_000);
afterAll(() => postgres.stop(), 60_000);

/** What a writer does next: fold in these ranges, once or, as if no answer had come, again. */
interface Flush {
  readonly ranges: Ranges;
  readonly times: number;
  /** Connections of writers are cut meanwhile: whether it was folded in nobody knows. */
  readonly isCut: boolean;
}

const event = fc.record({
  subject: fc.constantFrom(...SUBJECTS),
  minute: fc.constantFrom(0, 1, 14, 15, 1439, 1440, 3000, 14_400),
  value: fc.option(fc.bigInt({ min: -(2n ** 62n), max: 2n ** 62n }), { nil: undefined }),
});
const log: fc.Arbitrary<ModelLog> = fc.array(
  fc.array(fc.array(event, { maxLength: 3 }), { minLength: OFFSETS, maxLength: OFFSETS }),
  { minLength: PARTITIONS, maxLength: PARTITIONS },
);
/** Ascending offsets, two and two. */
const list = fc.uniqueArray(fc.nat(OFFSETS), { minLength: 2, maxLength: 4 }).map((offsets) => {
  const [a = 0, b = 0, c, d] = offsets.sort((x, y) => x - y);
  const first: [number, number] = [a, b];
  return c === undefined || d === undefined ? [first] : [first, [c, d] as [number, number]];
});
const flush: fc.Arbitrary<Flush> = fc.record({
  ranges: fc.dictionary(fc.constantFrom('0', '1', '2'), list, {
    minKeys: 1,
    noNullPrototype: true,
  }),
  times: fc.integer({ min: 1, max: 2 }),
  isCut: fc.nat(7).map((number) => number === 7),
});
const flushes = fc.array(flush, { minLength: 1, maxLength: 6 });

async function clean(): Promise<void> {
  const tables = [
    'minute_counters',
    'quarter_counters',
    'day_counters',
    'series',
    'coverage',
    'ledger',
  ];
  await observer.query(tables.map((table) => `DELETE FROM ${table}`).join(';'));
  await observer.query(
    "UPDATE rolled SET through_minute = CASE granularity WHEN 'quarter' THEN 1455 ELSE 1440 END",
  );
}

/** How often a writer got which answer. */
const met = new Map<string, number>();

/** Folds ranges in, and what an OVERLAP leaves uncovered range by range. */
async function fold(pool: pg.Pool, events: ModelLog, flush: Flush, statement: Statement) {
  const todo: Ranges[] = Array.from({ length: flush.times }, () => flush.ranges);
  let isCut = flush.isCut;
  for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
    const ranges = next;
    const underWay = applyDelta(pool, deltaOf(events, ranges, SUBJECTS), statement);
    const [result] = await Promise.all([underWay.catch(unknownOutcome), isCut ? cut() : undefined]);
    isCut = false;
    const kind = result === 'unknown' ? result : result.kind;
    met.set(kind, (met.get(kind) ?? 0) + 1);
    if (result === 'unknown') todo.push(ranges);
    else if (result.kind === 'overlap')
      for (const { partition, ranges: rest } of result.uncovered)
        for (const { from, to } of rest)
          todo.push({ [partition?.partition ?? 0]: [[Number(from), Number(to)]] });
  }
}

const cut = () =>
  observer.query(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'writer'",
  );

function unknownOutcome(error: unknown): 'unknown' {
  if (error instanceof TallyError && error.code === 'unavailable') return 'unknown';
  throw error;
}

/** What is stored, in one snapshot. */
async function snapshot() {
  const counters = (
    table: string,
  ) => `(SELECT coalesce(json_agg(concat_ws(' ', replace(series::text, '-', ''),
    start_minute, count, valued, sum, coalesce(min::text, ''), coalesce(max::text, ''))), '[]') FROM ${table}_counters)`;
  const { rows } = await observer.query<{
    coverage: { partition: number; covered: string }[];
    ledger: string[];
    minute: string[];
    quarter: string[];
    day: string[];
  }>(`SELECT (SELECT coalesce(json_agg(coverage), '[]') FROM coverage) AS coverage,
    (SELECT coalesce(json_agg(concat_ws(' ', partition, hour, counted, duplicates)), '[]') FROM ledger) AS ledger,
    ${counters('minute')} AS minute, ${counters('quarter')} AS quarter, ${counters('day')} AS day`);
  const [row] = rows;
  if (row === undefined) throw new Error('no snapshot');
  return row;
}

/** Throws unless counters and ledger are exactly the sums of the offsets in coverage. */
async function check(events: ModelLog): Promise<Ranges> {
  const stored = await snapshot();
  const covered: Record<number, [number, number][]> = {};
  for (const { partition, covered: text } of stored.coverage)
    covered[partition] = fromMultirange(text).map(({ from, to }) => [Number(from), Number(to)]);
  expect(stored.minute.sort()).toEqual(rowTexts(rowsOf(events, covered)));
  expect(stored.quarter.sort()).toEqual(rowTexts(rowsOf(events, covered, 15, 1455)));
  expect(stored.day.sort()).toEqual(rowTexts(rowsOf(events, covered, 1440, 1440)));
  expect(stored.ledger.sort()).toEqual(
    ledgerOf(events, covered)
      .map(({ partition, hour, counted, duplicates }) =>
        [partition?.partition, hour, counted, duplicates].join(' '),
      )
      .sort(),
  );
  return covered;
}

function offsetsOf(all: readonly Ranges[]): string[] {
  const offsets = new Set<string>();
  for (const ranges of all)
    for (const [partition, parts] of Object.entries(ranges))
      for (const [from, to] of parts)
        for (let offset = from; offset < to; offset++) offsets.add(`${partition} ${offset}`);
  return [...offsets].sort();
}

/** Two writers at once, an observer in between. */
const property = (statement: Statement) =>
  fc.asyncProperty(log, flushes, flushes, async (events, ...plans) => {
    await clean();
    let working = 2;
    const work = plans.map(async (plan, index) => {
      const pool = writers[index === 0 ? 0 : 1];
      for (const step of plan) await fold(pool, events, step, statement);
      working--;
    });
    const observe = async () => {
      do await check(events);
      while (working > 0);
    };
    const results = await Promise.allSettled([...work, observe()]);
    for (const result of results) if (result.status === 'rejected') throw result.reason;
    const covered = await check(events);
    expect(offsetsOf([covered])).toEqual(offsetsOf(plans.flat().map(({ ranges }) => ranges)));
  });

describe('counters', () => {
  it('are at every moment the sum of the covered offsets, whoever folds them in how often', async () => {
    await fc.assert(property(APPLY_DELTA), { numRuns: RUNS, endOnFailure: true });
    // Every way that a flush can end was taken.
    expect([...met.keys()].sort()).toEqual(['already applied', 'applied', 'overlap', 'unknown']);
  }, 120_000);

  it.each([
    ['coverage is not looked at', 'WHEN NOT bool_or(covered && ranges)', 'WHEN true'],
    ['an overlap is applied whole', "ELSE 'overlap'", "ELSE 'applied'"],
    ['coverage is read without a lock', 'FOR UPDATE OF c', ''],
    ['rolled-up windows are left alone', 'z.through_minute > a.start_minute', 'false'],
  ])(
    'are wrong where %s (control)',
    async (what, protection, nothing) => {
      const text = APPLY_DELTA.text.replace(protection, nothing);
      expect(text).not.toBe(APPLY_DELTA.text);
      const name = what.replaceAll(' ', '-');
      const parameters = { numRuns: RUNS, endOnFailure: true };
      const { failed, errorInstance } = await fc.check(property({ name, text }), parameters);
      // The sums are wrong, not the statement.
      expect(String(errorInstance)).toContain('expect(');
      expect(failed).toBe(true);
    },
    120_000,
  );
});
