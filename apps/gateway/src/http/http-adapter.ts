import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { MAX_SUBJECT_BYTES, TallyError } from '@tally/contracts';
import { every } from '@tally/resilience';
import { ConnectionLimit, toProblem, type ConnectionLimits } from '@tally/service-kit';
import type { ConnectionError, FastifyInstance, FastifyReply } from 'fastify';
import { MAX_BODY_BYTES } from '../events/limits.js';
import { refusedConnections, requestSeconds, slowReaders } from '../metrics.js';
import { AllowedHosts } from './allowed-hosts.js';
import { FrontDoor } from './front-door.js';
import { GatewayAdapter } from './gateway-adapter.js';
import { MAX_HEAD_BYTES, OTHER_METHOD, refusalOfBytes } from './malformed-bytes.js';
import { OpenAnswers } from './open-answers.js';
import { answerRefusal, type Refusal } from './refusal.js';
import { UnreadAnswers } from './unread-answers.js';
import { endUnreadBody } from './unread-bodies.js';

/** How often slow callers and readers are looked for. */
const TIMEOUT_CHECK_MS = 1000;

/** How long a connection without a request is kept: longer than balancers do, by whom it ends then. */
const KEEP_ALIVE_MS = 72_000;

type RequestHandler = (request: IncomingMessage, response: ServerResponse) => void;

/** What is set about requests before they are read. */
export interface HttpSettings extends ConnectionLimits {
  readonly requestTimeoutMs: number;
  readonly writeTimeoutMs: number;
  readonly apiKey: string;
  readonly allowedHosts: string;
}

/**
 * Fastify with the gateway's limits, behind its front door. Nest answers failures from a route on with
 * problem details (RFC 9457); this makes what fails before it a problem too: what the door refuses,
 * bytes that are no HTTP (`clientErrorHandler`) and paths that cannot be decoded (`frameworkErrors`).
 */
export function createHttpAdapter(settings: HttpSettings): GatewayAdapter {
  const door = new FrontDoor(AllowedHosts.of(settings));
  const connections = new ConnectionLimit(settings, refusedConnections());
  const seconds = requestSeconds();
  const note = ({ status }: Refusal) => seconds.observe({ route: 'none', status }, 0);
  const slow = slowReaders();
  const answers = new OpenAnswers(() => connections.refused.inc({ reason: 'unread' }));
  const options = {
    bodyLimit: MAX_BODY_BYTES,
    // Of a path: a subject whose bytes are all percent-encoded.
    routerOptions: { maxParamLength: 3 * MAX_SUBJECT_BYTES },
    // Express middleware, which there is none of here, would be looked for with each request.
    skipMiddie: true,
    // What still comes on a connection that ends is answered, not refused in the framework's words.
    return503OnClosing: false,
    serverFactory: (handler: RequestHandler) =>
      serverBehind(door, answers, settings, handler, note),
    clientErrorHandler: (error: ConnectionError, socket: Socket) => {
      if (error.code === 'ECONNRESET') socket.destroy();
      else {
        const refusal = refusalOfBytes(error);
        note(refusal);
        answers.refuse(socket, refusal);
      }
    },
    frameworkErrors: (_error: Error, _request: unknown, reply: FastifyReply) => {
      const malformed = new TallyError(
        'invalid_argument',
        'expected a path of percent-encoded UTF-8',
      );
      const { status, headers, body } = toProblem(malformed);
      void reply.status(status).headers(headers).send(body);
    },
  };
  const adapter = new GatewayAdapter(options, answers, connections, seconds, slow);
  const unread = new UnreadAnswers({
    open: answers.all,
    writeTimeoutMs: settings.writeTimeoutMs,
    onSlowReader: () => slow.inc(),
    now: () => performance.now(),
  });
  adapter.getHttpServer().once(
    'close',
    every(TIMEOUT_CHECK_MS, () => unread.look()),
  );
  // Fastify would read and parse bodies itself: handlers get the bytes and parse them once, within our
  // limits (RequestAdmission).
  adapter.getInstance<FastifyInstance>().removeAllContentTypeParsers();
  return adapter;
}

function serverBehind(
  door: FrontDoor,
  answers: OpenAnswers,
  { requestTimeoutMs }: HttpSettings,
  handler: RequestHandler,
  note: (refusal: Refusal) => void,
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
  const take: RequestHandler = (request, response) => {
    if (!answers.admit(response)) return;
    const refusal = door.refusalOf(request);
    if (refusal === undefined) return handler(request, response);
    note(refusal);
    endUnreadBody(request, response);
    answerRefusal(response, refusal);
  };
  const server = createServer(limits, take);
  // Both without a listener: Node would answer or end in its own words.
  server.on('checkExpectation', take);
  server.on('connect', (_request, socket: Socket) => {
    note(OTHER_METHOD);
    answers.refuse(socket, OTHER_METHOD);
  });
  // Node would leave out what comes after the 2000th, unseen; their bytes are bounded.
  server.maxHeadersCount = 0;
  // Nothing comes and nothing is taken: longer than any request may be waited for.
  server.setTimeout(KEEP_ALIVE_MS);
  return server;
}
