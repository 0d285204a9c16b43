import { describe, expect, it } from '@jest/globals';
import { DAY_MS, HOUR_MS, type query } from '@tally/contracts';
import { FUNCTIONS, type StatsFunction } from './limits.js';
import { answerPieces } from './stats-document.js';
import type { StatsQuestion } from './stats-question.js';

const FROM = Date.UTC(2026, 0, 1, 10);
const question = (more: Partial<StatsQuestion> = {}): StatsQuestion => ({
  type: 'view',
  subjects: ['video-42'],
  functions: new Set<StatsFunction>(['count']),
  fromMs: FROM,
  toMs: FROM + 3 * HOUR_MS,
  granularity: 'hour',
  fillZero: false,
  allowPartial: false,
  ...more,
});
const windowAt = (
  startMs: number,
  count = '17',
  more: Partial<query.Window> = {},
): query.Window => ({
  startMs: String(startMs),
  count,
  valued: '0',
  sumMicro: '0',
  ...more,
});
const answer = (
  windows: readonly query.Window[],
  more: Partial<query.GetStatsResponse> = {},
): query.GetStatsResponse => ({
  subjects: [{ subject: 'video-42', windows, missing: false }],
  asOfMs: String(FROM + 90_500),
  missingShards: [],
  ...more,
});
const writeAnswer = (...asked: Parameters<typeof answerPieces>) =>
  [...answerPieces(...asked)].join('');
const FRESH = { nowMs: FROM + 95_000, staleAfterMs: 10_000 };
const write = (asked: StatsQuestion, said: query.GetStatsResponse, freshness = FRESH) =>
  JSON.parse(writeAnswer(asked, said, freshness)) as {
    series: { points: Record<string, unknown>[] }[];
    meta: object;
  };

describe('an answer', () => {
  it('has the windows that there are, each of them whole', () => {
    expect(write(question(), answer([windowAt(FROM), windowAt(FROM + 2 * HOUR_MS, '3')]))).toEqual({
      type: 'view',
      granularity: 'hour',
      timezone: 'UTC',
      from: '2026-01-01T10:00:00Z',
      to: '2026-01-01T13:00:00Z',
      series: [
        {
          subject: 'video-42',
          points: [
            { start: '2026-01-01T10:00:00Z', end: '2026-01-01T11:00:00Z', count: 17 },
            { start: '2026-01-01T12:00:00Z', end: '2026-01-01T13:00:00Z', count: 3 },
          ],
        },
      ],
      meta: {
        asOf: '2026-01-01T10:01:30.500Z',
        completeThrough: '2026-01-01T10:00:30.500Z',
        stale: false,
        missingShards: [],
        exact: true,
      },
    });
  });

  it('ends with the years that its texts can say', () => {
    const last = Date.UTC(10_000, 0, 1);
    const days = question({ fromMs: last - DAY_MS, toMs: last, granularity: 'day' });
    expect(write(days, answer([windowAt(last - DAY_MS)]))).toMatchObject({
      to: '9999-12-31T23:59:59.999Z',
      series: [{ points: [{ start: '9999-12-31T00:00:00Z', end: '9999-12-31T23:59:59.999Z' }] }],
    });
  });

  it('fills windows without events with zero where that is asked for', () => {
    const filled = write(question({ fillZero: true }), answer([windowAt(FROM + HOUR_MS)]));
    expect(filled.series[0]?.points.map(({ start, end, count }) => [start, end, count])).toEqual([
      ['2026-01-01T10:00:00Z', '2026-01-01T11:00:00Z', 0],
      ['2026-01-01T11:00:00Z', '2026-01-01T12:00:00Z', 17],
      ['2026-01-01T12:00:00Z', '2026-01-01T13:00:00Z', 0],
    ]);
  });

  it('has no points for a subject never seen, one of zero for its total', () => {
    expect(write(question(), answer([])).series[0]?.points).toEqual([]);
    const functions = new Set(FUNCTIONS);
    const total = question({ granularity: 'total', functions });
    expect(write(total, answer([])).series[0]?.points).toEqual([
      {
        start: '2026-01-01T10:00:00Z',
        end: '2026-01-01T13:00:00Z',
        count: 0,
        sum: 0,
        avg: null,
        min: null,
        max: null,
      },
    ]);
  });

  it('has exact numbers, as strings where a double would not do', () => {
    const asked = question({ granularity: 'total', functions: new Set(FUNCTIONS) });
    const window = windowAt(FROM, '18446744073709551615', {
      valued: '3',
      sumMicro: '9007199254740993000001',
      minMicro: '-1',
      maxMicro: '204500000',
    });
    expect(writeAnswer(asked, answer([window]), FRESH)).toContain(
      '"count":"18446744073709551615","sum":"9007199254740993.000001","avg":3002399751580331,"min":-0.000001,"max":204.5}',
    );
  });

  it('says that it is stale, or that it does not know how fresh it is', () => {
    const stale = write(question(), answer([]), { ...FRESH, nowMs: FROM + 100_501 });
    expect(stale.meta).toMatchObject({ stale: true, asOf: '2026-01-01T10:01:30.500Z' });
    const { asOfMs: _, ...unknown } = answer([]);
    expect(write(question(), unknown).meta).toMatchObject({
      stale: true,
      asOf: null,
      completeThrough: null,
    });
  });

  it('has the age of a series whose shard is away, and is stale as a whole', () => {
    const older = answer([windowAt(FROM)]);
    const [first] = older.subjects;
    if (first === undefined) throw new Error('there is a series');
    const written = write(question(), {
      ...older,
      subjects: [{ ...first, asOfMs: String(FROM + 60_000) }],
      missingShards: [0],
    });
    expect(written.series).toMatchObject([
      { subject: 'video-42', points: [{ count: 17 }], stale: true, asOf: '2026-01-01T10:01:00Z' },
    ]);
    expect(written.meta).toMatchObject({ stale: true, missingShards: [0] });
    expect(write(question(), answer([windowAt(FROM)])).series[0]).not.toHaveProperty('stale');
  });

  it('names what is missing, and says nothing about it', () => {
    const missing = answer([], {
      subjects: [{ subject: 'video-42', windows: [], missing: true }],
      missingShards: [1],
    });
    for (const granularity of ['hour', 'total'] as const) {
      const written = write(question({ granularity, fillZero: true }), missing);
      expect(written.series).toEqual([{ subject: 'video-42', points: [], missing: true }]);
      expect(written.meta).toMatchObject({ missingShards: [1], exact: false });
    }
  });
});
