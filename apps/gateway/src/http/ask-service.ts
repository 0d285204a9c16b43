import { MAX_MESSAGE_BYTES, TallyError, type ErrorCode } from '@tally/contracts';
import type { ServiceClient } from '@tally/discovery';
import type { Logger } from '@tally/service-kit';

/** Who is asked for a caller, for how long, and what is said when that fails. */
export interface ServiceQuestion {
  readonly client: ServiceClient;
  readonly method: string;
  /** Checked, so that a refusal of it is our failure; may be asked again. */
  readonly request: object;
  readonly timeoutMs: number;
  /** Aborted when nobody waits for the answer any more. */
  readonly signal?: AbortSignal;
  /** As CallOptions has it. */
  readonly readAnswer?: (bytes: Buffer) => object;
  readonly logger: Pick<Logger, 'error'>;
  /** To the caller, while waiting may help. */
  readonly unavailable: string;
  /** To our log, when it does not. */
  readonly failed: string;
  /** To the caller, when the answer is larger than a message may be: what to ask instead. */
  readonly instead?: string;
  /** Codes that the caller hears of in other words: thrown as they came. */
  readonly expected?: readonly ErrorCode[];
}

/** Whom we asked, and where, is not the caller's business: `unavailable`, `deadline_exceeded`, `internal`, or `invalid_argument` for too much at once. */
export async function askService<Answer>(question: ServiceQuestion): Promise<Answer> {
  const { client, method, request, timeoutMs, signal, readAnswer } = question;
  const { logger, unavailable, failed, instead, expected } = question;
  try {
    return await client.call<Answer>(method, request, {
      deadlineMs: timeoutMs,
      idempotent: true,
      ...(signal && { signal }),
      ...(readAnswer && { readAnswer }),
    });
  } catch (cause) {
    if (!(cause instanceof TallyError) || expected?.includes(cause.code)) throw cause;
    if (cause.code === 'payload_too_large' && instead !== undefined) throw tooMuch(instead, cause);
    const code = cause.code === 'deadline_exceeded' ? cause.code : 'unavailable';
    if (cause.retryable) throw new TallyError(code, unavailable, { cause });
    logger.error({ error: cause, method }, failed);
    throw new TallyError('internal', 'internal error', { cause });
  }
}

/** Services pass answers on as one message; `instead` says what would have a smaller one. */
export function tooMuch(instead: string, cause: TallyError): TallyError {
  const message = `expected a question whose answer has at most ${MAX_MESSAGE_BYTES} bytes between our services, it has more: ${instead}`;
  return new TallyError('invalid_argument', message, { cause });
}
