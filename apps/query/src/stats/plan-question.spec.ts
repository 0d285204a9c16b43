import { describe, expect, it } from '@jest/globals';
import type { query } from '@tally/contracts';
import { seriesId } from '@tally/placement';
import { planQuestion } from './plan-question.js';

const ask = (more: Partial<query.GetStatsRequest> = {}) =>
  planQuestion({
    project: 'default',
    type: 'view',
    subjects: ['b', 'a', 'b'],
    fromMs: '60000',
    toMs: '180000',
    granularity: 'GRANULARITY_HOUR',
    maxWindows: 0,
    ...more,
  });

describe('the plan of a question', () => {
  it('has each subject once, in the order of their first appearance', () => {
    const plan = ask();
    expect(plan.subjects).toEqual(['b', 'a']);
    const ids = ['b', 'a'].map((subject) => seriesId('default', 'view', subject));
    expect(plan.seriesIds).toEqual(Buffer.concat(ids));
    expect(plan).toMatchObject({ fromMinute: 1n, toMinute: 3n, windowMinutes: 60n });
  });

  it.each([
    [{ subjects: [] }, '1 to 500 subjects, got 0'],
    [{ subjects: Array.from({ length: 501 }, String) }, 'got 501'],
    [{ fromMs: '1' }, 'whole minutes'],
    [{ toMs: '180001' }, 'whole minutes'],
    [{ fromMs: '-60000' }, 'whole minutes'],
    [{ fromMs: '180000' }, 'whole minutes'],
    [{ granularity: 'GRANULARITY_UNSPECIFIED' }, 'expected a granularity'],
  ] as const)('%j is refused', (more, message) => {
    expect(() => ask(more)).toThrow(message);
    expect(() => ask(more)).toThrow(expect.objectContaining({ code: 'invalid_argument' }));
  });
});
