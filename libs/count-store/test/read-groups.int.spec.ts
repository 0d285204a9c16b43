import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  decodeCounterRows,
  encodeSeriesNames,
  MAX_GROUPS,
  type DeltaRow,
  type shardProxy,
} from '@tally/contracts';
import { seriesId, type Dimensions } from '@tally/placement';
import type pg from 'pg';
import { applyDelta, readGroups, type InSteps } from '../src/index.js';
import { PostgresFixture } from './support/database.js';
import { delta, everySlot, instant, row, TOPIC } from './support/requests.js';

const postgres = new PostgresFixture();
let pool: pg.Pool;
beforeAll(async () => {
  pool = await postgres.startShard();
}, 120_000);
afterAll(() => postgres.stop(), 60_000);
beforeEach(() => postgres.owner.query('TRUNCATE minute_counters, coverage, series'));

const atOnce: InSteps = async (all) => {
  for (;;) {
    const step = all.next();
    if (step.done === true) return step.value;
  }
};

type Values = Readonly<Record<string, string | number | boolean | undefined>>;
const dimensionsOf = (values: Values): Dimensions =>
  Object.entries(values).sort(([one], [other]) => (one < other ? -1 : 1));

/** So many events of each value of the dimensions in a minute, each of value 1. */
function split(subject: string, values: Values, minute: number, count = 1): DeltaRow {
  const series = seriesId('default', 'view', subject, dimensionsOf(values));
  const many = BigInt(count);
  return row(subject, minute, { series, count: many, valued: many, sum: many, min: 1n, max: 1n });
}

let offset = 0;
async function count(events: readonly (readonly [string, Values, number, number?])[]) {
  const rows = new Map<string, DeltaRow>();
  for (const event of events) {
    const one = split(...event);
    rows.set(`${Buffer.from(one.series).toString('hex')} ${one.minute}`, one);
  }
  const seriesNames = encodeSeriesNames(
    events.map(([subject, values]) => ({
      id: seriesId('default', 'view', subject, dimensionsOf(values)),
      project: 'default',
      type: 'view',
      subject,
      dimensions: JSON.stringify(Object.fromEntries(dimensionsOf(values))),
    })),
  );
  const more = { seriesNames, instants: [instant(0, 100)] };
  const range = [offset, offset + 1] as const;
  offset += 1;
  await applyDelta(pool, delta({ 0: [range] }, [...rows.values()], more));
}

const condition = (dimension: string, values: string[], excluded = false) => ({
  dimension,
  values,
  excluded,
});

async function read(
  groupBy: readonly string[],
  conditions: readonly shardProxy.Condition[] = [],
  more: Partial<shardProxy.ReadGroupsRequest> = {},
) {
  const { rows, groups, asOfMs } = await readGroups(
    pool,
    {
      project: 'default',
      type: 'view',
      subjects: ['b', 'nobody', 'a'],
      grouping: { groupBy, conditions },
      fromMinute: '0',
      toMinute: '10000',
      granularity: 'GRANULARITY_TOTAL',
      topics: [{ topic: TOPIC, partitions: 1 }],
      maxRows: 0,
      ...more,
    },
    everySlot,
    atOnce,
  );
  expect(asOfMs).toBe('100');
  return (decodeCounterRows(rows) ?? []).map(({ index, startMinute, count: n, sum }) => {
    const group = groups[index];
    return `${group?.subject} ${group?.values} @${startMinute} ${n} ${sum}`;
  });
}

describe('groups of what dimensions split', () => {
  beforeEach(() =>
    count([
      ['a', { country: 'FR', device: 'tv' }, 1, 2],
      ['a', { country: 'FR', device: 'phone' }, 1, 3],
      ['a', { country: 'FR', device: 'phone' }, 70, 4],
      ['a', { country: 'DE', device: 'phone' }, 2, 5],
      ['a', { device: 'phone' }, 3, 7],
      ['b', { country: 'DE', device: 'tv' }, 1, 11],
      ['c', { country: 'FR', device: 'tv' }, 1, 13],
      // As they were before a dimension was declared that others of the subject have.
      ['b', { country: 'DE' }, 9, 17],
    ]),
  );

  it('are sums by the values of some dimensions; what lacks them is a group too', async () => {
    expect(await read(['country'])).toEqual([
      '0 ["DE"] @0 28 28',
      '2 [null] @0 7 7',
      '2 ["DE"] @0 5 5',
      '2 ["FR"] @0 9 9',
    ]);
    expect(await read(['device', 'country'], [], { subjects: ['b'] })).toEqual([
      '0 [null, "DE"] @0 17 17',
      '0 ["tv", "DE"] @0 11 11',
    ]);
  });

  it('without a dimension are one sum of all that meets the conditions', async () => {
    expect(await read([])).toEqual(['0 [] @0 28 28', '2 [] @0 21 21']);
    expect(await read([], [condition('country', ['FR', 'IT'])])).toEqual(['2 [] @0 9 9']);
    expect(await read([], [condition('country', ['FR'], true)])).toEqual([
      '0 [] @0 28 28',
      '2 [] @0 12 12',
    ]);
    // What lacks a dimension has the empty text.
    expect(await read([], [condition('country', [''])])).toEqual(['2 [] @0 7 7']);
    expect(await read([], [condition('country', ['', 'DE'], true)])).toEqual(['2 [] @0 9 9']);
    expect(
      await read(['device'], [condition('country', ['FR', '']), condition('device', ['tv'], true)]),
    ).toEqual(['2 ["phone"] @0 14 14']);
    expect(await read([], [condition('country', [])])).toEqual([]);
  });

  it('have windows of every granularity, within the time asked', async () => {
    expect(
      await read(['country'], [], { granularity: 'GRANULARITY_HOUR', subjects: ['a'] }),
    ).toEqual(['0 [null] @0 7 7', '0 ["DE"] @0 5 5', '0 ["FR"] @0 5 5', '0 ["FR"] @60 4 4']);
    expect(await read([], [], { fromMinute: '3', toMinute: '70', subjects: ['a'] })).toEqual([
      '0 [] @0 7 7',
    ]);
  });

  it('know numbers, booleans and texts apart, and compare all of them as texts', async () => {
    await count([
      ['n', { level: 1 }, 1, 2],
      ['n', { level: '1' }, 1, 3],
      ['n', { level: true }, 1, 5],
      ['n', { level: 'true' }, 1, 7],
      ['n', { level: 0.1 }, 1, 11],
      ['n', { level: 1e21 }, 1, 13],
    ]);
    const subjects = ['n'];
    expect((await read(['level'], [], { subjects })).toSorted()).toEqual([
      '0 ["1"] @0 3 3',
      '0 ["true"] @0 7 7',
      '0 [0.1] @0 11 11',
      '0 [1000000000000000000000] @0 13 13',
      '0 [1] @0 2 2',
      '0 [true] @0 5 5',
    ]);
    expect(await read([], [condition('level', ['1', '0.1'])], { subjects })).toEqual([
      '0 [] @0 16 16',
    ]);
    expect(await read([], [condition('level', ['true'])], { subjects })).toEqual(['0 [] @0 12 12']);
  });

  it('are none of another project or type, nor of whole subjects', async () => {
    expect(await read([], [], { type: 'like' })).toEqual([]);
    expect(await read([], [], { project: 'other' })).toEqual([]);
    await applyDelta(
      pool,
      delta({ 0: [[offset, offset + 1]] }, [row('a', 1, { count: 100n })], {
        seriesNames: encodeSeriesNames([
          {
            id: seriesId('default', 'view', 'a'),
            project: 'default',
            type: 'view',
            subject: 'a',
            dimensions: '',
          },
        ]),
      }),
    );
    offset += 1;
    expect(await read([], [], { subjects: ['a'] })).toEqual(['0 [] @0 21 21']);
  });
});

describe('a question for groups', () => {
  it('is refused where the answer has more rows or groups than it may', async () => {
    const many = Array.from({ length: MAX_GROUPS + 1 }, (_, n) => ['a', { n }, 1] as const);
    await count(many.slice(0, MAX_GROUPS));
    expect(await read(['n'])).toHaveLength(MAX_GROUPS);
    await expect(read(['n'], [], { maxRows: 99 })).rejects.toThrow('more than 99 windows');
    await count(many.slice(MAX_GROUPS));
    await expect(read(['n'])).rejects.toThrow(`more than ${MAX_GROUPS} groups`);
    expect(await read([])).toEqual([`2 [] @0 ${MAX_GROUPS + 1} ${MAX_GROUPS + 1}`]);
  });

  it.each([
    [{ subjects: ['a', 'a'] }, 'twice'],
    [{ granularity: 'GRANULARITY_UNSPECIFIED' as const }, 'granularity'],
    [{ grouping: { groupBy: Array.from({ length: 9 }, String), conditions: [] } }, 'dimensions'],
  ])('is refused with %j', async (more, problem) => {
    await expect(read([], [], more)).rejects.toMatchObject({
      code: 'invalid_argument',
      message: expect.stringContaining(problem),
    });
  });

  it('of a subject in a slot of another shard is refused', async () => {
    const asking = readGroups(
      pool,
      {
        project: 'default',
        type: 'view',
        subjects: ['a'],
        grouping: { groupBy: [], conditions: [] },
        fromMinute: '0',
        toMinute: '1',
        granularity: 'GRANULARITY_TOTAL',
        topics: [],
        maxRows: 0,
      },
      () => false,
      atOnce,
    );
    await expect(asking).rejects.toMatchObject({ code: 'invalid_argument' });
  });
});
