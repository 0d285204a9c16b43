import { describe, expect, it } from '@jest/globals';
import { DEFAULT_EVENT_TYPE, HOUR_MS, type EventTypeDefinition } from '@tally/contracts';
import { NO_FIGURES, toAskedFigures } from './figures.js';
import { answerPieces } from './stats-document.js';
import { readQuestion, type StatsQuestion } from './stats-question.js';

const LIMITS = { maxPoints: 1000, maxFilledPoints: 1000 };
const FROM = '2026-01-01T10:00:00Z';
const read = (more: string) =>
  readQuestion(
    `/v1/stats?type=view&subject=a&granularity=hour&from=${FROM}&to=2026-01-01T13:00:00Z&${more}`,
    LIMITS,
    0,
    () => [],
  );

describe('functions that are answered from sketches', () => {
  it('are the number of different values, and quantiles in ascending order, each once', () => {
    const { functions, figures } = read('function=P99,unique,count,p50&function=p99.0,p0,p99.9');
    expect([...functions]).toEqual(['count']);
    expect(figures).toEqual({
      isUnique: true,
      attribute: undefined,
      quantiles: [0, 500, 990, 999],
    });
    expect([...read('function=p95').functions]).toEqual([]);
    expect(read('function=unique&attribute=user').figures?.attribute).toBe('user');
    expect(read('function=').figures).toBeUndefined();
  });

  it.each([
    ['function=p101', 'unique, a quantile from p0 to p100, got "p101"'],
    ['function=p99.95', 'got "p99.95"'],
    ['function=p', 'got "p"'],
    ['function=uniqe', 'got "uniqe"'],
    ['attribute=user', 'no attribute without function=unique'],
    [`function=${Array.from({ length: 11 }, (_, index) => `p${index}`).join(',')}`, 'at most 10'],
  ])('%s is none', (more, expected) => expect(() => read(more)).toThrow(expected));
});

describe('what is asked of sketches', () => {
  const version = (uniques: readonly string[], quantiles = false): EventTypeDefinition => ({
    ...DEFAULT_EVENT_TYPE,
    uniques,
    quantiles,
  });
  const ask = (more: string, ...versions: readonly EventTypeDefinition[]) => {
    const { type, figures = NO_FIGURES } = read(more);
    return toAskedFigures(type, figures, () => versions);
  };

  it('is of the attribute that is named, or the only one', () => {
    expect(ask('function=count')).toBeUndefined();
    expect(ask('function=unique', version(['user']))).toEqual({
      uniqueAttribute: 'user',
      quantiles: [],
    });
    expect(ask('function=unique,p50', version(['ip', 'user']), version(['user'], true))).toEqual({
      uniqueAttribute: 'user',
      quantiles: [500],
    });
    // Declared before, when there were events of it.
    const before = [version(['ip'], true), version([])];
    expect(ask('function=unique&attribute=ip', ...before)?.uniqueAttribute).toBe('ip');
    expect(ask('function=unique', ...before)?.uniqueAttribute).toBe('ip');
    expect(ask('function=p50', ...before)).toEqual({ quantiles: [500] });
  });

  it.each([
    ['function=unique', [], 'view declares no unique attributes'],
    ['function=unique', [version(['ip', 'user'])], 'one of "ip", "user"'],
    ['function=unique&attribute=name', [version(['ip', 'user'])], 'got "name"'],
    ['function=p50', [version(['ip'])], 'view declares no quantiles'],
  ])('is refused when the type never declared it: %s', (more, versions, expected) => {
    expect(() => ask(more, ...versions)).toThrow(
      expect.objectContaining({
        code: 'invalid_argument',
        message: expect.stringContaining(expected),
      }),
    );
  });
});

describe('an answer with figures', () => {
  const window = (hour: number) => ({
    startMs: String(Date.parse(FROM) + hour * HOUR_MS),
    count: '3',
    valued: '1',
    sumMicro: '1000000',
  });
  const bytesOf = (...figures: readonly number[]) => {
    const bytes = Buffer.alloc(figures.length * 8);
    for (const [index, figure] of figures.entries()) bytes.writeDoubleLE(figure, index * 8);
    return bytes;
  };
  const write = (question: StatsQuestion, hours: readonly number[], figures?: Buffer) => {
    const windows = hours.map(window);
    const subject = { subject: 'a', windows, missing: false, ...(figures && { figures }) };
    const answer = { subjects: [subject], asOfMs: String(Date.parse(FROM)), missingShards: [] };
    const surroundings = { nowMs: Date.parse(FROM), staleAfterMs: 1000 };
    const text = [...answerPieces(question, answer, surroundings)].join('');
    return JSON.parse(text) as {
      series: { points: Record<string, unknown>[] }[];
      meta: Record<string, unknown>;
    };
  };
  const points = (...args: Parameters<typeof write>) =>
    write(...args).series[0]?.points.map((point) =>
      Object.fromEntries(Object.entries(point).filter(([name]) => !/^(start|end)$/.test(name))),
    );

  it('has them by name, null where nothing is known, and says how good they are', () => {
    const question = read('function=count,unique,p50,p99.9');
    const figures = bytesOf(3, 1_500_000, 2_000_000.5, Number.NaN, Number.NaN, 7);
    expect(points(question, [0, 2], figures)).toEqual([
      { count: 3, unique: 3, p50: 1.5, 'p99.9': 2.0000005 },
      { count: 3, unique: null, p50: null, 'p99.9': 0.000007 },
    ]);
    expect(write(question, [0], figures).meta).toMatchObject({
      exact: false,
      errors: {
        unique: { standard: 0.0081 },
        p50: { relative: 0.01 },
        'p99.9': { relative: 0.01 },
      },
    });
    expect(write(read('function=p0,p100'), [0]).meta['errors']).toEqual({
      p0: { relative: 0 },
      p100: { relative: 0 },
    });
    // Of a query service that knows of none.
    expect(points(question, [0])).toEqual([{ count: 3, unique: null, p50: null, 'p99.9': null }]);
  });

  it('has none of windows without events, and of those with, their own', () => {
    const filled = read('function=p50,unique&fill=zero');
    expect(points(filled, [1], bytesOf(9, 1_000_000))).toEqual([
      { unique: 0, p50: null },
      { unique: 9, p50: 1 },
      { unique: 0, p50: null },
    ]);
    const total = { ...filled, granularity: 'total' as const };
    expect(points(total, [])).toEqual([{ unique: 0, p50: null }]);
    expect(points(total, [0], bytesOf(9, 1_000_000))).toEqual([{ unique: 9, p50: 1 }]);
  });

  it('is as before where none are asked', () => {
    const { meta } = write(read('function=count'), [0]);
    expect(meta).toMatchObject({ exact: true });
    expect(meta).not.toHaveProperty('errors');
  });
});
