import { ERROR_CODES, type ErrorCode } from './codes.js';

/** The levels of the log, ascending. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'fatal';

/** What an error may say beside its code and message. */
export interface TallyErrorOptions {
  readonly cause?: unknown;
  /** The level it is logged at; `error` for `internal`, else `warn`. */
  readonly logLevel?: LogLevel;
  /** When to try again, for codes where waiting helps. */
  readonly retryAfterMs?: number;
}

/**
 * An operational failure: something outside the code did not go as asked. The message is shown to
 * the caller: it says what was expected and what came, and holds no secret. Expected outcomes are
 * return values instead; bugs crash.
 */
export class TallyError extends Error {
  readonly code: ErrorCode;
  readonly logLevel: LogLevel;
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, message: string, options: TallyErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'TallyError';
    this.code = code;
    this.logLevel = options.logLevel ?? (code === 'internal' ? 'error' : 'warn');
    this.retryAfterMs = options.retryAfterMs;
  }

  get retryable(): boolean {
    return ERROR_CODES[this.code].retryable;
  }
}
