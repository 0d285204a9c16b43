import { types } from 'node:util';
import { type ErrorCode, TallyError } from '@tally/contracts';
import pg from 'pg';

/** SQLSTATE (PostgreSQL manual, appendix A) to our codes: by the whole state or its first two signs. */
const CODES: Readonly<Record<string, ErrorCode>> = {
  '53100': 'storage_full',
  '57014': 'deadline_exceeded',
  '55P03': 'deadline_exceeded',
  '21000': 'invalid_argument',
  '22': 'invalid_argument',
  '08': 'unavailable',
  '25006': 'unavailable',
  '40': 'unavailable',
  '53': 'unavailable',
  '57': 'unavailable',
  '58': 'unavailable',
};

/**
 * Two transactions got in each other's way, or a row met a table partition that is just being made
 * (23514): nothing was changed, and the same statement may succeed now.
 */
const TRANSIENT: ReadonlySet<string> = new Set(['40001', '40P01', '23514']);

/** Whether the same statement may succeed now. */
export function isTransient(error: unknown): boolean {
  return error instanceof pg.DatabaseError && TRANSIENT.has(error.code ?? '');
}

/**
 * What a failed statement means to the caller. Where Postgres did not answer the outcome is unknown:
 * `unavailable`. Our own mistakes, in SQL or in code, are given back as they are.
 */
export function toTallyError(what: string, error: unknown): unknown {
  if (error instanceof TallyError) return error;
  if (error instanceof pg.DatabaseError) {
    const sqlState = error.code ?? '';
    const code = TRANSIENT.has(sqlState)
      ? 'unavailable'
      : (CODES[sqlState] ?? CODES[sqlState.slice(0, 2)]);
    if (code === undefined) return error;
    return new TallyError(code, `${what}: ${error.message}`, { cause: error });
  }
  if (!types.isNativeError(error) || error.name === 'TypeError' || error.name === 'RangeError')
    return error;
  // The driver has no class of its own for lost connections and waits that ended.
  const message = `${what}: Postgres does not answer (${error.message})`;
  return new TallyError('unavailable', message, { cause: error });
}
