import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { TallyError } from '@tally/contracts';
import { PROBLEM_TYPE, toProblem, type ProblemDetails } from '@tally/service-kit';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { MAX_BODY_BYTES } from '../events/limits.js';

/** Hundreds of subjects fit into the URL of a question. */
const MAX_HEAD_BYTES = 64 * 1024;

/** How often slow callers are looked for. */
const TIMEOUT_CHECK_MS = 1000;

/** How long a refused caller has to read why: destroyed at once, a connection with unread bytes is reset. */
export const REFUSED_FOR_MS = 1000;

/**
 * Fastify with the gateway's limits. Nest answers failures from a route on with problem details (RFC
 * 9457); this makes what fails before it a problem too: bytes that are no HTTP (`clientErrorHandler`)
 * and paths that cannot be decoded (`frameworkErrors`).
 */
export function createHttpAdapter({
  requestTimeoutMs,
}: {
  readonly requestTimeoutMs: number;
}): FastifyAdapter {
  const adapter = new FastifyAdapter({
    bodyLimit: MAX_BODY_BYTES,
    requestTimeout: requestTimeoutMs,
    http: {
      maxHeaderSize: MAX_HEAD_BYTES,
      // Node's own is 60 s, and of the two times Node takes the shorter one for the head and the
      // longer one for the whole request: unless both are the same, the whole would have 60 s.
      headersTimeout: requestTimeoutMs,
      connectionsCheckingInterval: TIMEOUT_CHECK_MS,
    },
    clientErrorHandler: (error, socket) => refuse(error.code ?? '', socket),
    frameworkErrors: (_error: Error, _request: unknown, reply: FastifyReply) => {
      const malformed = new TallyError(
        'invalid_argument',
        'expected a path of percent-encoded UTF-8',
      );
      const { status, headers, body } = toProblem(malformed);
      void reply.status(status).headers(headers).send(body);
    },
  });
  // Fastify would read and parse bodies itself: handlers get the bytes and parse them once, within our
  // limits (RequestAdmission).
  adapter.getInstance<FastifyInstance>().removeAllContentTypeParsers();
  return adapter;
}

/**
 * Answers what is not HTTP, or never became a whole request, and closes the connection. There is no
 * request and no reply object then, so the answer is written by hand.
 */
function refuse(code: string, socket: Socket): void {
  if (!socket.writable || code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const problem = problemOf(code);
  const body = JSON.stringify(problem);
  socket.end(
    `HTTP/1.1 ${problem.status} ${problem.title}\r\nContent-Type: ${PROBLEM_TYPE}\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
  // A caller that keeps its half open, or does not read, would keep the descriptor for ever.
  setTimeout(() => socket.destroy(), REFUSED_FOR_MS).unref();
}

function problemOf(code: string): ProblemDetails {
  const of = (status: number, code: string, detail: string): ProblemDetails => ({
    status,
    title: STATUS_CODES[status] ?? 'Error',
    code,
    detail,
  });
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return of(
        431,
        'payload_too_large',
        `expected at most ${MAX_HEAD_BYTES} bytes of URL and headers`,
      );
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return of(408, 'deadline_exceeded', 'expected the whole request sooner');
    default:
      return of(400, 'invalid_argument', 'expected a request of HTTP/1.1');
  }
}
