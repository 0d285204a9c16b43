import { types } from 'node:util';
import { type ErrorCode, TallyError } from '@tally/contracts';
import pg from 'pg';
import { QueryFailedError, TypeORMError } from 'typeorm';

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

/**
 * What waiting may heal, by whole state, class or beginning of one: a connection that broke or was
 * refused (08), two that met (40), connections or memory or disk that ran out (53), a server that
 * starts, ends or recovers (57P), one that follows another (25006), a lock that was not to be had
 * (55P03), the machine below (58).
 */
const PASSING = ['08', '40', '53', '57P', '25006', '55P03', '58'];

/** Why the schema could not be brought up to date. */
export interface SchemaFailure {
  /** It may be over when it is tried again without a change. */
  readonly mayPass: boolean;
  readonly reason: string;
}

/**
 * Does not pass: a wrong password, a certificate that is not believed, a missing database or right, a statement that Postgres refuses or
 * that takes too long. undefined: no failure of Postgres, but a mistake of ours.
 */
export function schemaFailure(error: unknown): SchemaFailure | undefined {
  // TypeORM stands around what failed in a migration.
  const failure: unknown = error instanceof QueryFailedError ? error.driverError : error;
  if (failure instanceof pg.DatabaseError) {
    const { message, code = 'unknown' } = failure;
    const mayPass = PASSING.some((state) => code.startsWith(state));
    return { mayPass, reason: `${message} (SQLSTATE ${code})` };
  }
  if (!isOfTheDriver(failure)) return undefined;
  const { message } = failure;
  // The driver itself cannot log in: no password was given, or the server has another way.
  if (message.startsWith('SASL')) return { mayPass: false, reason: message };
  if (isOfTls(failure))
    return { mayPass: false, reason: `TLS with Postgres is not to be had: ${message}` };
  if (isOfAFile(failure))
    return { mayPass: false, reason: `a file that the URL names cannot be read: ${message}` };
  return { mayPass: true, reason: `Postgres does not answer (${message})` };
}

/** The driver has no class of its own for lost connections and waits that ended. */
function isOfTheDriver(error: unknown): error is Error {
  if (!types.isNativeError(error) || error instanceof TypeORMError) return false;
  return error.name !== 'TypeError' && error.name !== 'RangeError';
}

/**
 * Codes of Node (manual, "TLS", X509 certificate error codes, and OpenSSL's reasons): a certificate that
 * one of the two does not believe, or a file that holds none. What a bad line may do to TLS is not
 * among them, except an alert that the other side sent about it.
 */
const TLS_CODE =
  /^(ERR_SSL_\w*ALERT|ERR_SSL_WRONG_VERSION|ERR_OSSL|ERR_TLS|CERT_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|INVALID_)/;

function isOfTls(error: Error & { readonly code?: unknown }): boolean {
  // The driver's own sentence, which has no code.
  return TLS_CODE.test(String(error.code)) || error.message.includes('does not support SSL');
}

/** Other calls of the system are about the connection. */
function isOfAFile(error: Error & { readonly syscall?: unknown }): boolean {
  return error.syscall === 'open';
}

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
  if (!isOfTheDriver(error)) return error;
  const message = `${what}: Postgres does not answer (${error.message})`;
  return new TallyError('unavailable', message, { cause: error });
}
