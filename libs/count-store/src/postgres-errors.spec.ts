import { describe, expect, it } from '@jest/globals';
import { TallyError } from '@tally/contracts';
import pg from 'pg';
import { QueryFailedError, TypeORMError } from 'typeorm';
import { isTransient, schemaFailure, toTallyError } from './postgres-errors.js';

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

  it.each([
    ['57P03', true, 'starting up, or in recovery'],
    ['57P01', true, 'ended by an administrator'],
    ['53300', true, 'too many connections'],
    ['53100', true, 'disk full'],
    ['55P03', true, 'a lock was not to be had'],
    ['40P01', true, 'a deadlock'],
    ['25006', true, 'it follows another'],
    ['08006', true, 'the connection broke'],
    ['28P01', false, 'a wrong password'],
    ['28000', false, 'no such role'],
    ['3D000', false, 'no such database'],
    ['42501', false, 'no right to'],
    ['42P07', false, 'it is there already'],
    ['23514', false, 'rows that it does not allow'],
    ['57014', false, 'it took too long'],
  ])('of the schema with SQLSTATE %s may pass: %s (%s)', (state, mayPass) => {
    const reason = `as Postgres says (SQLSTATE ${state})`;
    const direct = failure(state);
    for (const error of [direct, new QueryFailedError('CREATE TABLE a', [], direct)])
      expect(schemaFailure(error)).toEqual({ mayPass, reason });
  });

  it('of the schema may pass where Postgres does not answer, not where nobody can log in', () => {
    const lost = new Error('Connection terminated unexpectedly');
    for (const error of [lost, new QueryFailedError('CREATE TABLE a', [], lost)])
      expect(schemaFailure(error)).toMatchObject({ mayPass: true });
    expect(schemaFailure(new Error('SASL: no password was given'))).toMatchObject({
      mayPass: false,
    });
    for (const own of [new TypeError('x'), new TypeORMError('x'), 'x'])
      expect(schemaFailure(own)).toBeUndefined();
  });
});
