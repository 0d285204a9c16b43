import { describe, expect, it } from '@jest/globals';
import {
  encodeCounterRows,
  MINUTE_MS,
  readStatsAnswer,
  writeStatsAnswer,
  type clusterProxy,
  type CounterRow,
  type shardProxy,
} from '@tally/contracts';
import { lastOf } from '../../test/support/last-of.js';
import { startMsOf } from './merge-answers.js';
import { mergeGroups } from './merge-groups.js';
import { planQuestion } from './plan-question.js';

const plan = planQuestion({
  project: 'default',
  type: 'view',
  subjects: ['a', 'b', 'c'],
  fromMs: '0',
  toMs: String(240 * MINUTE_MS),
  granularity: 'GRANULARITY_HOUR',
  maxWindows: 4,
});
const row = (index: number, hour: number, more: Partial<CounterRow> = {}): CounterRow => ({
  index,
  startMinute: BigInt(60 * hour),
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
  groups: readonly shardProxy.Group[],
  rows: readonly CounterRow[],
  asOfMs = '1000',
): clusterProxy.ShardGroups => ({
  shard,
  subjects,
  groups: { rows: encodeCounterRows(rows), groups, asOfMs },
});
const group = (subject: number, ...values: unknown[]) => ({
  subject,
  values: JSON.stringify(values),
});

/** What the reader of the answer gets: `subject group count@hour,…`. */
function merge(...shards: clusterProxy.ShardGroups[]) {
  const merged = lastOf(mergeGroups(plan, { shards }));
  const bytes = lastOf(writeStatsAnswer(merged, (one) => startMsOf(plan, one)));
  const { subjects, ...rest } = readStatsAnswer(bytes);
  return {
    ...rest,
    subjects: subjects.map(({ subject, group: values, missing, windows }) =>
      [
        subject,
        values ?? '-',
        missing ? 'missing' : '',
        ...[...windows].map(({ startMs, count }) => `${count}@${Number(startMs) / 3_600_000}`),
      ].join(' '),
    ),
  };
}

describe('groups that shards answered', () => {
  it('come by subject in the order of the question, with the earliest instant', () => {
    expect(
      merge(
        answered(
          0,
          ['c', 'a'],
          [group(0, 'x'), group(1, null), group(1, 'y')],
          [row(0, 1), row(1, 0), row(2, 0, { count: 7n }), row(2, 3)],
        ),
        answered(1, ['b'], [], [], '900'),
      ),
    ).toEqual({
      asOfMs: '900',
      missingShards: [],
      subjects: ['a [null]  5@0', 'a ["y"]  7@0 5@3', 'b - ', 'c ["x"]  5@1'],
    });
  });

  it('name the shards that are missing, and the subjects on them', () => {
    const failure = { code: 'unavailable', message: 'gone' };
    expect(
      merge({ shard: 0, subjects: ['a', 'c'], failure }, answered(1, ['b'], [], [], '900')),
    ).toEqual({
      asOfMs: '900',
      missingShards: [0],
      subjects: ['a - missing', 'b - ', 'c - missing'],
    });
  });

  it.each<[string, clusterProxy.ShardGroups[]]>([
    ['a subject that was not asked for', [answered(0, ['a', 'b', 'c', 'd'], [], [])]],
    ['another shard has too', [answered(0, ['a', 'b', 'c'], [], []), answered(1, ['a'], [], [])]],
    ['no shard spoke', [answered(0, ['a', 'b'], [], [])]],
    ['group 0 of nothing', [answered(0, ['a', 'b', 'c'], [group(3, 'x')], [row(0, 0)])]],
    ['group 1 of nothing', [answered(0, ['a', 'b', 'c'], [group(0), group(1)], [row(0, 0)])]],
    ['a row of series 1', [answered(0, ['a', 'b', 'c'], [group(0)], [row(0, 0), row(1, 0)])]],
    ['rows out of order', [answered(0, ['a', 'b', 'c'], [group(0)], [row(0, 1), row(0, 0)])]],
  ])('are refused with %s', (problem, shards) => {
    expect(() => merge(...shards)).toThrow(
      expect.objectContaining({ code: 'internal', message: expect.stringContaining(problem) }),
    );
  });

  it('have no more windows, of all shards together, than were asked for', () => {
    const rows = [row(0, 0), row(0, 1), row(0, 2)];
    const most = [
      answered(0, ['a', 'b'], [group(0, 1)], rows),
      answered(1, ['c'], [group(0, 1)], rows.slice(0, 1)),
    ];
    expect(merge(...most).subjects).toHaveLength(3);
    const more = [most[0], answered(1, ['c'], [group(0, 1)], rows.slice(0, 2))];
    expect(() => merge(...more.filter((one) => one !== undefined))).toThrow(
      expect.objectContaining({ code: 'payload_too_large' }),
    );
  });
});
