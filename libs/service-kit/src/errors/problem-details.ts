import { STATUS_CODES } from 'node:http';
import { ERROR_CODES, TallyError } from '@tally/contracts';

/** The content type of problem details. */
export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8';

/** RFC 9457. `type` is left out: `code` is the stable name, `title` that of the status. */
export interface ProblemDetails {
  readonly status: number;
  readonly title: string;
  readonly code: string;
  readonly detail: string;
}

/** An HTTP answer with problem details. */
export interface ProblemResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: ProblemDetails;
}

/** What the gateway answers for a failure; `Retry-After` in seconds where waiting helps. */
export function toProblem(error: TallyError): ProblemResponse {
  const { http: status, retryable } = ERROR_CODES[error.code];
  const seconds = Math.max(1, Math.ceil((error.retryAfterMs ?? 1000) / 1000));
  return {
    status,
    headers: {
      'content-type': PROBLEM_TYPE,
      ...(retryable ? { 'retry-after': String(seconds) } : {}),
    },
    body: {
      status,
      title: STATUS_CODES[status] ?? 'Error',
      code: error.code,
      detail: error.message,
    },
  };
}
