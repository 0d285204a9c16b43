import { describe, expect, it } from '@jest/globals';
import { TallyError } from '@tally/contracts';
import pg from 'pg';
import { isTransient, toTallyError } from './postgres-errors.js';

function failure(code: string): pg.DatabaseError {
  return Object.assign(new pg.DatabaseError('as Postgres says', 0, 'error'), { code });
}

describe('a failure of Postgres', () => {
  it.each([
    ['53100', 'storage_full'],
    ['53300', 'unavailable'],
    ['57014', 'deadline_exceeded'],
    ['57P01', 'unavailable'],
    ['55P03', 'deadline_exceeded'],
    ['40P01', 'unavailable'],
    ['23514', 'unavailable'],
    ['25006', 'unavailable'],
    ['08006', 'unavailable'],
    ['22003', 'invalid_argument'],
  ])('with SQLSTATE %s is %s', (state, code) => {
    expect(toTallyError('the delta', failure(state))).toMatchObject({
      code,
      message: 'the delta: as Postgres says',
      name: 'TallyError',
    });
  });

  it('to answer at all is unavailable; mistakes of ours stay what they are', () => {
    const lost = new Error('Connection terminated unexpectedly');
    expect(toTallyError('the delta', lost)).toMatchObject({ code: 'unavailable', cause: lost });
    for (const own of [failure('42P01'), new TypeError('x'), new TallyError('overlap', 'x'), 'x'])
      expect(toTallyError('the delta', own)).toBe(own);
  });

  it('may be over at the next try where two met', () => {
    expect(
      ['40001', '40P01', '23514', '57014'].map((state) => isTransient(failure(state))),
    ).toEqual([true, true, true, false]);
  });
});
