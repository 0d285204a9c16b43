import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { TallyError } from '@tally/contracts';
import { toProblem } from '@tally/service-kit';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { MAX_BODY_BYTES } from '../events/limits.js';
import { AllowedHosts } from './allowed-hosts.js';
import { FrontDoor } from './front-door.js';
import { answerRefusal, lastAnswer, type Refusal } from './refusal.js';
import { endUnreadBody, REFUSED_FOR_MS } from './unread-bodies.js';

/** Hundreds of subjects fit into the URL of a question. */
const MAX_HEAD_BYTES = 64 * 1024;

/** How often slow callers are looked for. */
const TIMEOUT_CHECK_MS = 1000;

/** How long a connection without a request is kept: longer than balancers do, by whom it ends then. */
const KEEP_ALIVE_MS = 72_000;

type RequestHandler = (request: IncomingMessage, response: ServerResponse) => void;

/** What is set about requests before they are read. */
export interface HttpSettings {
  readonly requestTimeoutMs: number;
  readonly apiKey: string;
  readonly allowedHosts: string;
}

/**
 * Fastify with the gateway's limits, behind its front door. Nest answers failures from a route on with
 * problem details (RFC 9457); this makes what fails before it a problem too: what the door refuses,
 * bytes that are no HTTP (`clientErrorHandler`) and paths that cannot be decoded (`frameworkErrors`).
 */
export function createHttpAdapter(settings: HttpSettings): FastifyAdapter {
  const door = new FrontDoor(AllowedHosts.of(settings));
  const adapter = new FastifyAdapter({
    bodyLimit: MAX_BODY_BYTES,
    serverFactory: (handler: RequestHandler) => serverBehind(door, settings, handler),
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

function serverBehind(
  door: FrontDoor,
  { requestTimeoutMs }: HttpSettings,
  handler: RequestHandler,
): Server {
  const limits = {
    maxHeaderSize: MAX_HEAD_BYTES,
    requestTimeout: requestTimeoutMs,
    // Node's own is 60 s, and of the two times Node takes the shorter one for the head and the
    // longer one for the whole request: unless both are the same, the whole would have 60 s.
    headersTimeout: requestTimeoutMs,
    connectionsCheckingInterval: TIMEOUT_CHECK_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    // The door says it in problem details.
    requireHostHeader: false,
  };
  const server = createServer(limits, (request, response) => {
    const refusal = door.refusalOf(request);
    if (refusal === undefined) return handler(request, response);
    endUnreadBody(request, response);
    answerRefusal(response, refusal);
  });
  // Node would leave out what comes after the 2000th, unseen; their bytes are bounded.
  server.maxHeadersCount = 0;
  return server;
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
  socket.end(lastAnswer(refusalOf(code)));
  // A caller that keeps its half open, or does not read, would keep the descriptor for ever.
  setTimeout(() => socket.destroy(), REFUSED_FOR_MS).unref();
}

function refusalOf(code: string): Refusal {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return {
        status: 431,
        code: 'payload_too_large',
        detail: `expected at most ${MAX_HEAD_BYTES} bytes of URL and headers`,
      };
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return {
        status: 408,
        code: 'deadline_exceeded',
        detail: 'expected the whole request sooner',
      };
    default:
      return {
        status: 400,
        code: 'invalid_argument',
        detail: 'expected a request of HTTP/1.1',
      };
  }
}
