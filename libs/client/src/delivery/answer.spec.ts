import { describe, expect, it } from '@jest/globals';
import { meaningOf } from './answer.js';
import { retryAfterMsOf } from './retry-after.js';

const GATEWAY = 'http://tally';
const after = (status: number, document: unknown = {}, retryAfter: string | null = null) =>
  meaningOf({ status, text: JSON.stringify(document), retryAfter }, 2, GATEWAY);
const results = (...rejected: number[]) => ({
  accepted: 2 - rejected.length,
  rejected: rejected.length,
  results: rejected.map((index) => ({ index, code: 'id_invalid', detail: 'expected text' })),
});

describe('an answer to two events', () => {
  it.each([
    ['takes both', 202, results(), []],
    ['takes one', 202, results(1), [1]],
    ['takes none', 422, results(0, 1), [0, 1]],
  ])('%s with %i', (_, status, document, rejected) => {
    expect(after(status, document)).toEqual({
      kind: 'taken',
      rejected: rejected.map((index) => ({ index, why: 'id_invalid: expected text' })),
    });
  });

  it.each([400, 413])('with %i says that the batch as a whole is refused', (status) => {
    expect(after(status)).toEqual({ kind: 'spoiled', why: `${status} "{}"` });
  });

  it('with 429 says that none is in, and how long to wait', () => {
    expect(after(429, {}, '7')).toMatchObject({
      kind: 'not taken',
      isAnswer: true,
      retryAfterMs: 7000,
    });
  });

  it.each([408, 500, 502, 503, 504])('with %i leaves open whether they are in', (status) => {
    expect(after(status, {}, '2')).toMatchObject({ kind: 'unknown', retryAfterMs: 2000 });
    expect(after(status)).not.toHaveProperty('final');
  });

  it.each([
    [401, 'key'],
    [403, 'key'],
    [301, 'no gateway'],
    [404, 'no gateway'],
  ])('with %i ends it: %s', (status, final) => {
    expect(after(status)).toMatchObject({ kind: 'not taken', isAnswer: true, final });
  });

  it.each([[{ accepted: 1, rejected: 0, results: [] }], ['nonsense'], [null]])(
    'with 202 and %j cannot be read, and may have taken them',
    (document) => {
      expect(after(202, document)).toMatchObject({ kind: 'unknown', final: 'unreadable' });
    },
  );
});

describe('Retry-After', () => {
  const now = Date.parse('2026-01-31T12:00:00Z');

  it.each([
    ['0', 0],
    ['120', 120_000],
    ['Sat, 31 Jan 2026 12:00:05 GMT', 5000],
    ['Sat, 31 Jan 2026 11:00:00 GMT', 0],
    ['soon', undefined],
    [null, undefined],
  ])('%j is %p ms', (header, ms) => {
    expect(retryAfterMsOf(header, now)).toBe(ms);
  });
});
