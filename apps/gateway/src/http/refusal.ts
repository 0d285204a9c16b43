import { STATUS_CODES, type ServerResponse } from 'node:http';
import type { ErrorCode } from '@tally/contracts';
import { PROBLEM_TYPE, type ProblemDetails } from '@tally/service-kit';

/** Why the door does not let a request in: HTTP knows more statuses than our codes have. */
export interface Refusal {
  readonly status: number;
  readonly code: ErrorCode;
  readonly detail: string;
}

/** Problem details (RFC 9457) of a refusal. */
export function problemOf({ status, code, detail }: Refusal): ProblemDetails {
  return { status, title: titleOf(status), code, detail };
}

function problemText(refusal: Refusal): string {
  return JSON.stringify(problemOf(refusal));
}

function titleOf(status: number): string {
  return STATUS_CODES[status] ?? 'Error';
}

/** Answers a request that was read as far as its head. */
export function answerRefusal(response: ServerResponse, refusal: Refusal): void {
  const body = problemText(refusal);
  response.writeHead(refusal.status, {
    'content-type': PROBLEM_TYPE,
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
}

/** A whole answer, for a connection on which there is no request to answer; it says that it is the last. */
export function lastAnswer(refusal: Refusal): string {
  const body = problemText(refusal);
  return (
    `HTTP/1.1 ${refusal.status} ${titleOf(refusal.status)}\r\nContent-Type: ${PROBLEM_TYPE}\r\n` +
    `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`
  );
}
