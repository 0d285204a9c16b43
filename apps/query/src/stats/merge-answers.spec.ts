import { describe, expect, it } from '@jest/globals';
import {
  encodeCounterRows,
  MINUTE_MS,
  readStatsAnswer,
  writeStatsAnswer,
  type clusterProxy,
  type CounterRow,
} from '@tally/contracts';
import { lastOf } from '../../test/support/last-of.js';
import { seriesId } from '@tally/placement';
import { LastAnswers } from './last-answers.js';
import { mergeAnswers, startMsOf } from './merge-answers.js';
import { planQuestion, type Plan } from './plan-question.js';

type Granularity = 'GRANULARITY_HOUR' | 'GRANULARITY_TOTAL';
const planOf = (
  subjects: string[],
  granularity: Granularity = 'GRANULARITY_HOUR',
  maxWindows = 0,
) =>
  planQuestion({
    project: 'default',
    type: 'view',
    subjects,
    fromMs: String(90 * MINUTE_MS),
    toMs: String(240 * MINUTE_MS),
    granularity,
    maxWindows,
  });
const ids = (...subjects: string[]) =>
  Buffer.concat(subjects.map((subject) => seriesId('default', 'view', subject)));
const row = (index: number, startMinute: bigint, more: Partial<CounterRow> = {}): CounterRow => ({
  index,
  startMinute,
  count: 5n,
  valued: 0n,
  sum: 0n,
  min: 0n,
  max: 0n,
  ...more,
});
const answered = (
  shard: number,
  subjects: string[],
  rows: CounterRow[],
  asOfMs?: string,
): clusterProxy.ShardRows => ({
  shard,
  seriesIds: ids(...subjects),
  rows: { rows: encodeCounterRows(rows), ...(asOfMs === undefined ? {} : { asOfMs }) },
});
const failed = (shard: number, subjects: string[]): clusterProxy.ShardRows => ({
  shard,
  seriesIds: ids(...subjects),
  failure: { code: 'unavailable', message: 'gone' },
});

/** What the reader of the answer gets. */
function merge(plan: Plan, answer: clusterProxy.ReadCountersResponse, last?: LastAnswers) {
  const merged = lastOf(mergeAnswers(plan, answer, last));
  const bytes = lastOf(writeStatsAnswer(merged, (row) => startMsOf(plan, row)));
  const { subjects, ...rest } = readStatsAnswer(bytes);
  return { ...rest, subjects: subjects.map((one) => ({ ...one, windows: [...one.windows] })) };
}

describe('answers of shards', () => {
  it('are put together in the order of the question, with the earliest instant', () => {
    const merged = merge(planOf(['a', 'b', 'c']), {
      shards: [
        answered(0, ['c', 'a'], [row(0, 60n), row(0, 180n), row(1, 120n)], '2000'),
        answered(1, ['b'], [], '1000'),
      ],
    });
    const at = (minute: number) => expect.objectContaining({ startMs: String(minute * MINUTE_MS) });
    expect(merged).toEqual({
      subjects: [
        { subject: 'a', windows: [at(120)], missing: false },
        { subject: 'b', windows: [], missing: false },
        { subject: 'c', windows: [at(60), at(180)], missing: false },
      ],
      asOfMs: '1000',
      missingShards: [],
    });
  });

  it('keep every digit, and have no min and max without a value', () => {
    const most = row(0, 0n, {
      count: 2n ** 64n - 1n,
      valued: 3n,
      sum: 2n ** 100n,
      min: -7n,
      max: 9n,
    });
    const merged = merge(planOf(['a', 'b'], 'GRANULARITY_TOTAL'), {
      shards: [answered(0, ['a', 'b'], [most, row(1, 0n)])],
    });
    expect(merged.subjects.map(({ windows }) => windows)).toEqual([
      [
        {
          startMs: '5400000',
          count: '18446744073709551615',
          valued: '3',
          sumMicro: '1267650600228229401496703205376',
          minMicro: '-7',
          maxMicro: '9',
        },
      ],
      [{ startMs: '5400000', count: '5', valued: '0', sumMicro: '0' }],
    ]);
  });

  it('have no more windows, of all shards together, than were asked for', () => {
    const shards = [
      answered(0, ['a'], [row(0, 60n), row(0, 120n)]),
      answered(1, ['b'], [row(0, 60n)]),
    ];
    const plan = planOf(['a', 'b'], 'GRANULARITY_HOUR', 3);
    expect(merge(plan, { shards }).subjects).toHaveLength(2);
    expect(() => merge({ ...plan, maxWindows: 2 }, { shards })).toThrow(
      expect.objectContaining({ code: 'payload_too_large' }),
    );
  });

  it('name the shards that are missing, and what is on them', () => {
    const merged = merge(planOf(['a', 'b']), {
      shards: [failed(0, ['b']), answered(1, ['a'], [row(0, 120n)], '1000')],
    });
    expect(merged).toMatchObject({
      subjects: [
        { subject: 'a', missing: false },
        { subject: 'b', windows: [], missing: true },
      ],
      asOfMs: '1000',
      missingShards: [0],
    });
  });

  it('of a shard that is away are the last that it gave, with their own instant', () => {
    const last = new LastAnswers({ maxBytes: 1 << 20, maxEntries: 10 });
    const plan = planOf(['a', 'b']);
    const fresh = [answered(0, ['b'], [row(0, 180n)], '2000'), answered(1, ['a'], [], '3000')];
    const before = merge(plan, { shards: fresh }, last);
    const away = [failed(0, ['b']), answered(1, ['a'], [row(0, 120n)], '9000')];
    const merged = merge(plan, { shards: away }, last);
    expect(merged).toMatchObject({
      subjects: [
        { subject: 'a', missing: false },
        { subject: 'b', windows: before.subjects[1]?.windows, missing: false, asOfMs: '2000' },
      ],
      asOfMs: '2000',
      missingShards: [0],
    });
    expect(merged.subjects[0]?.asOfMs).toBeUndefined();
    // The control: without what was kept there is nothing to say.
    expect(merge(plan, { shards: away })).toMatchObject({
      subjects: [{ missing: false }, { windows: [], missing: true }],
      asOfMs: '9000',
    });
  });

  it('have no instant of 1970, which is when nobody has looked', () => {
    const merged = merge(planOf(['a']), { shards: [answered(0, ['a'], [], '0')] });
    expect(merged.asOfMs).toBeUndefined();
  });

  it('have no instant when one shard has none, or none answered', () => {
    const one = merge(planOf(['a', 'b']), {
      shards: [answered(0, ['a'], [], '1000'), answered(1, ['b'], [])],
    });
    expect(one.asOfMs).toBeUndefined();
    const none = merge(planOf(['a']), { shards: [failed(0, ['a'])] });
    expect(none.asOfMs).toBeUndefined();
  });

  it.each([
    ['bytes that are not rows', { seriesIds: ids('a'), rows: { rows: Buffer.from('nonsense') } }],
    [
      'cut rows',
      { seriesIds: ids('a'), rows: { rows: encodeCounterRows([row(0, 120n)]).subarray(0, 70) } },
    ],
    ['a cut series id', { ...answered(0, ['a'], []), seriesIds: ids('a').subarray(1) }],
    ['a series that was not asked for', answered(0, ['a', 'z'], [])],
    ['a series twice', answered(0, ['a', 'a'], [])],
    ['no word of a series', answered(0, [], [])],
    ['a row of no series', answered(0, ['a'], [row(1, 120n)])],
    ['rows out of order', answered(0, ['a'], [row(0, 180n), row(0, 120n)])],
    ['a window twice', answered(0, ['a'], [row(0, 120n), row(0, 120n)])],
    ['a window that begins between two', answered(0, ['a'], [row(0, 121n)])],
    ['a window before the time asked for', answered(0, ['a'], [row(0, 0n)])],
    ['a window after it', answered(0, ['a'], [row(0, 240n)])],
    ['more values than events', answered(0, ['a'], [row(0, 120n, { valued: 6n })])],
  ] as const)('with %s are a failure of ours', (_, answer) => {
    const shards = [{ shard: 0, ...answer }];
    expect(() => merge(planOf(['a']), { shards })).toThrow(
      expect.objectContaining({ code: 'internal' }),
    );
  });

  it('of two shards for one series are a failure of ours', () => {
    const shards = [answered(0, ['a'], []), answered(1, ['a'], [])];
    expect(() => merge(planOf(['a']), { shards })).toThrow('another shard has too');
  });
});
