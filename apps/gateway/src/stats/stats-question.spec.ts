import { describe, expect, it } from '@jest/globals';
import { readQuestion } from './stats-question.js';

const GOOD = { type: 'view', from: '2026-01-01T00:00:00Z', to: '2026-01-02T00:00:00Z' };
const ask = (
  more: Record<string, string> = {},
  subjects = ['video-42'],
  maxPoints = 100_000,
  maxFilledPoints = 20_000,
) => {
  const query = new URLSearchParams({ ...GOOD, ...more });
  for (const subject of subjects) query.append('subject', subject);
  return readQuestion(`/v1/stats?${query.toString()}`, { maxPoints, maxFilledPoints });
};

describe('a question for statistics', () => {
  it('counts the total unless it says otherwise', () => {
    expect(ask()).toEqual({
      type: 'view',
      subjects: ['video-42'],
      functions: new Set(['count']),
      fromMs: Date.UTC(2026, 0, 1),
      toMs: Date.UTC(2026, 0, 2),
      granularity: 'total',
      fillZero: false,
      allowPartial: false,
    });
  });

  it('may ask for more', () => {
    const more = {
      function: 'max,sum',
      granularity: 'hour',
      timezone: 'UTC',
      fill: 'zero',
      partial: 'allow',
    };
    expect(ask({ ...more, from: '2026-01-01T05:45:00+05:45' }, ['b', 'a', 'b'])).toMatchObject({
      subjects: ['b', 'a'],
      functions: new Set(['max', 'sum']),
      fromMs: Date.UTC(2026, 0, 1),
      granularity: 'hour',
      fillZero: true,
      allowPartial: true,
    });
  });

  it.each([
    [{ type: 'View' }, 'type'],
    [{ from: '2026-01-01' }, 'from to be RFC 3339'],
    [{ from: '1969-12-31T00:00:00Z' }, 'from 1970 on'],
    [{ from: '2026-01-01T00:00:01Z' }, 'from to be a whole minute'],
    [{ to: '2026-01-02T00:00:00.5Z' }, 'to to be a whole minute'],
    [{ to: GOOD.from }, 'from before to'],
    [{ function: 'median' }, 'one of count, sum, avg, min, max, got "median"'],
    [{ function: '' }, 'one of count'],
    [{ granularity: 'week' }, 'one of minute, hour, day, total'],
    [{ timezone: 'Europe/Amsterdam' }, 'timezone=UTC'],
    [{ fill: 'null' }, 'fill to be one of zero'],
    [{ partial: 'yes' }, 'partial to be one of allow'],
    [{ group: 'country' }, 'another parameter'],
  ])('with %j is refused', (more, message) => {
    expect(() => ask(more)).toThrow(message);
    expect(() => ask(more)).toThrow(expect.objectContaining({ code: 'invalid_argument' }));
  });

  it.each(['type', 'from', 'to'])('without %s is refused', (name) => {
    const query = new URLSearchParams({ ...GOOD, subject: 's' });
    query.delete(name);
    const target = `/v1/stats?${query.toString()}`;
    expect(() => readQuestion(target, { maxPoints: 10, maxFilledPoints: 10 })).toThrow(
      `expected the parameter ${name}`,
    );
  });

  it('names 1 to 500 subjects of 1 to 512 bytes', () => {
    const subjects = Array.from({ length: 501 }, (_, index) => `s${index}`);
    expect(ask({}, subjects.slice(1)).subjects).toHaveLength(500);
    expect(() => ask({}, subjects)).toThrow('1 to 500 subjects, got 501');
    expect(() => ask({}, [])).toThrow('1 to 500 subjects, got 0');
    expect(() => ask({}, [''])).toThrow('1 to 512 bytes');
    expect(() => ask({}, ['a\0'])).toThrow('1 to 512 bytes');
    expect(() => ask({}, ['é'.repeat(257)])).toThrow('1 to 512 bytes');
  });

  it('asks for a bounded number of points, where a cut window counts as one', () => {
    const times = { from: '2026-01-01T00:59:00Z', to: '2026-01-01T02:01:00Z', granularity: 'hour' };
    expect(ask(times, ['a', 'b'], 6).subjects).toHaveLength(2);
    expect(() => ask(times, ['a', 'b'], 5)).toThrow(
      'at most 5 points (subjects times windows), got 6: granularity=day would have 2',
    );
  });

  it('asks for fewer points when windows without events are filled, and is told what would fit', () => {
    const days = { from: '1970-01-01T00:00:00Z', to: '2240-01-01T00:00:00Z', granularity: 'day' };
    expect(ask(days, ['a'], 100_000, 20_000).subjects).toEqual(['a']);
    expect(() => ask({ ...days, fill: 'zero' }, ['a'], 100_000, 20_000)).toThrow(
      'at most 20000 points (subjects times windows) with fill=zero, got 98615: granularity=total would have 1, or ask for fewer subjects or a shorter time, or without fill=zero',
    );
    const minutes = { from: '2026-01-01T00:00:00Z', to: '2026-02-01T00:00:00Z' };
    expect(() => ask({ ...minutes, granularity: 'minute', fill: 'zero' }, ['a', 'b'])).toThrow(
      'granularity=hour would have 1488',
    );
  });
});
