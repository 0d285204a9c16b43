import { describe, expect, it } from '@jest/globals';
import { encodeCounterRows, MINUTE_MS, type CounterRow, type query } from '@tally/contracts';
import { seriesId } from '@tally/placement';
import { DDSketch, encodeAnswerEntry, HashedText, HyperLogLog } from '@tally/sketches';
import { lastOf } from '../../test/support/last-of.js';
import { LastAnswers } from './last-answers.js';
import { mergeAnswers } from './merge-answers.js';
import { planQuestion } from './plan-question.js';

const NONE = Buffer.alloc(0);
const text = new HashedText();
const uniques = (...values: readonly string[]) => {
  const sketch = new HyperLogLog();
  for (const value of values) sketch.add(text.take(value));
  return sketch.encode();
};
const quantiles = (...values: readonly number[]) => {
  const sketch = new DDSketch();
  for (const value of values) sketch.add(value);
  return sketch.encode();
};

const plan = (
  figures: query.AskedFigures | undefined = { uniqueAttribute: 'user', quantiles: [500, 1000] },
  toMinute = 100,
) =>
  planQuestion({
    project: 'p',
    type: 't',
    subjects: ['a'],
    fromMs: '0',
    toMs: String(toMinute * MINUTE_MS),
    granularity: 'GRANULARITY_MINUTE',
    maxWindows: 0,
    figures,
  });
const row = (minute: number, values: readonly number[], more: Partial<CounterRow> = {}) => ({
  index: 0,
  startMinute: BigInt(minute),
  count: 2n,
  valued: BigInt(values.length),
  sum: 0n,
  min: BigInt(Math.min(...values, 0)),
  max: BigInt(Math.max(...values, 0)),
  ...more,
});

/** Of the one series that is asked for. */
const said = (rows: readonly CounterRow[], sketches: Buffer | undefined) => ({
  shards: [
    {
      shard: 0,
      seriesIds: seriesId('p', 't', 'a'),
      rows: { rows: encodeCounterRows(rows), asOfMs: String(1000 * MINUTE_MS), sketches },
    },
  ],
});

function merged(...args: Parameters<typeof mergeAnswers>) {
  return lastOf(mergeAnswers(...args));
}

describe('the figures of windows', () => {
  const rows = [row(1, [10_000, 30_000]), row(2, []), row(3, [70])];
  const whole = Buffer.concat([
    encodeAnswerEntry({ uniques: uniques('x', 'y'), quantiles: quantiles(10_000, 30_000) }),
    encodeAnswerEntry({ uniques: uniques('x', 'x'), quantiles: NONE }),
    encodeAnswerEntry({ uniques: uniques('x', 'y'), quantiles: quantiles(70) }),
  ]);

  it('are those of their sketches, and none where no event had a value', () => {
    const { subjects, partlyDeclaredWindows } = merged(plan(), said(rows, whole));
    const [one] = subjects;
    const [users, median = 0, most, ...others] = one?.figures ?? [];
    expect([users, most]).toEqual([2, 30_000]);
    expect(Math.abs(median - 10_000)).toBeLessThanOrEqual(100);
    // Of one value that value: the window knows it.
    expect(others).toEqual([1, NaN, NaN, 2, 70, 70]);
    expect(partlyDeclaredWindows).toBe(0);
  });

  it('of the first and the last value are exact: the window knows them', () => {
    const two = [row(1, [], { valued: 2n, min: 171n, max: 9_327_201n })];
    const sketches = encodeAnswerEntry({ uniques: NONE, quantiles: quantiles(171, 9_327_201) });
    const { subjects } = merged(plan({ quantiles: [0, 1000] }), said(two, sketches));
    expect([...(subjects[0]?.figures ?? [])]).toEqual([171, 9_327_201]);
  });

  it('are not those of a part of the events, nor of a shard that has no sketches', () => {
    const part = Buffer.concat([
      encodeAnswerEntry({ uniques: uniques('x'), quantiles: quantiles(10_000, 30_000) }),
      encodeAnswerEntry({ uniques: NONE, quantiles: NONE }),
      encodeAnswerEntry({ uniques: uniques('x', 'y'), quantiles: NONE }),
    ]);
    const { subjects, partlyDeclaredWindows } = merged(plan(), said(rows, part));
    expect([...(subjects[0]?.figures ?? [])].map(Number.isNaN)).toEqual([
      ...[true, false, false],
      ...[true, true, true],
      ...[false, true, true],
    ]);
    expect(partlyDeclaredWindows).toBe(3);
    expect(merged(plan(), said(rows, undefined)).partlyDeclaredWindows).toBe(3);
    const quantilesAlone = plan({ quantiles: [500] });
    expect(merged(quantilesAlone, said(rows, part)).partlyDeclaredWindows).toBe(1);
  });

  it('are none when none are asked', () => {
    const { subjects, partlyDeclaredWindows } = merged(
      planQuestion({
        project: 'p',
        type: 't',
        subjects: ['a'],
        fromMs: '0',
        toMs: String(MINUTE_MS * 100),
        granularity: 'GRANULARITY_MINUTE',
        maxWindows: 0,
      }),
      said(rows, undefined),
    );
    expect([subjects[0]?.figures, partlyDeclaredWindows]).toEqual([undefined, undefined]);
    expect(plan({ quantiles: [] }).figures).toBeUndefined();
  });

  it('of bytes that are no sketches fail the answer', () => {
    for (const bytes of [whole.subarray(1), whole.subarray(0, 9), NONE])
      expect(() => merged(plan(), said(rows, bytes))).toThrow('sketches that are none');
  });

  it('are known when the shard is away, for the same figures', () => {
    const last = new LastAnswers({ maxBytes: 1e6, maxEntries: 10 });
    const first = merged(plan(), said(rows, whole), last);
    const away = {
      shards: [{ shard: 0, seriesIds: seriesId('p', 't', 'a'), failure: undefined }],
    };
    const again = merged(plan(), away, last);
    expect(again.subjects[0]?.figures).toEqual(first.subjects[0]?.figures);
    // A part of the time: its windows alone.
    const part = merged(plan(undefined, 3), away, last);
    expect([...(part.subjects[0]?.figures ?? [])]).toEqual(
      [...(first.subjects[0]?.figures ?? [])].slice(0, 6),
    );
    expect(merged(plan({ quantiles: [500] }), away, last).subjects[0]?.missing).toBe(true);
  });

  it.each([
    [{ uniqueAttribute: '', quantiles: [] }, 'name of an attribute'],
    [{ quantiles: [1001] }, 'at most 1000'],
    [{ quantiles: Array.from({ length: 17 }, (_, quantile) => quantile) }, 'at most 16'],
  ])('%j cannot be asked', (figures, expected) => {
    expect(() => plan(figures)).toThrow(expected);
  });
});
