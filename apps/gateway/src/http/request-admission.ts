import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { Arrivals, Turns } from '@tally/resilience';
import { Lifecycle, METRICS, PROBLEM_TYPE, type Metrics } from '@tally/service-kit';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { EVENT_MEDIA_TYPES } from '../events/media-types.js';
import { registerBudgetMetrics, registerTurnMetrics } from '../metrics.js';
import { allowedMethods } from './allowed-methods.js';
import { BodyBudget } from './body-budget.js';
import { readBody } from './body-reader.js';
import type { Room } from './connection-budget.js';
import type { GatewayAdapter } from './gateway-adapter.js';
import { Keys } from './keys.js';
import { mediaTypeOf } from './media-type.js';
import { nothingHere } from './not-found.controller.js';
import { problemOf } from './refusal.js';
import { endUnreadBodies, hasBody, mayHaveBody } from './unread-bodies.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** When its head came in, at the earliest: a moment of the monotonic clock. */
    arrivedAt: number;
    /** Of its body, until it is answered; null where none is read. */
    bodyRoom: Room | null;
  }
}

/**
 * Admits a request before its body is read, by who asks and for what, and the body while it is read,
 * as long as there is room. Notes when it arrived.
 */
@Injectable()
export class RequestAdmission implements OnModuleInit {
  /** Of requests that came behind others: apart from long work, which would stand in line behind them. */
  private readonly turns = new Turns();

  constructor(
    @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost<GatewayAdapter>,
    @Inject(Keys) private readonly keys: Keys,
    @Inject(BodyBudget) private readonly budget: BodyBudget,
    @Inject(METRICS) private readonly metrics: Metrics,
    @Inject(Arrivals) private readonly arrivals: Arrivals,
    @Inject(Lifecycle) private readonly lifecycle: Lifecycle,
  ) {}

  onModuleInit(): void {
    const { httpAdapter } = this.host;
    this.metrics.registry.registerMetric(httpAdapter.connections.refused);
    this.metrics.registry.registerMetric(httpAdapter.slowReaders);
    this.lifecycle.onDrain(() => httpAdapter.leave());
    const server = httpAdapter.getInstance<FastifyInstance>();
    const refused = registerBudgetMetrics(this.metrics.registry, this.budget);
    this.metrics.registry.registerMetric(httpAdapter.seconds);
    registerTurnMetrics(this.metrics.registry, this.turns);
    this.measure(server, httpAdapter.seconds);
    endUnreadBodies(server);
    server.decorateRequest('arrivedAt', 0);
    server.decorateRequest('bodyRoom', null);
    server.addHook('onRequest', (request, reply, done) => {
      request.arrivedAt = this.arrivals.earliest;
      this.whenInTurn(request, reply, done);
    });
    server.addHook('onRequest', (request, reply, done) => {
      try {
        this.authenticate(request);
      } catch (error) {
        reply.header('www-authenticate', 'Bearer realm="tally"');
        done(error as Error);
        return;
      }
      if (isOfNothing(request)) {
        const methods = allowedMethods(request.url);
        if (methods.length === 0) done(nothingHere());
        else answerMethod(request, reply, methods);
        return;
      }
      if (mayHaveBody(request)) {
        try {
          // Here already: what is no media type at all the framework refuses in words of its own.
          mediaTypeOf(request.headers, typesTaken(request));
        } catch (error) {
          done(error as Error);
          return;
        }
        const room = this.budget.open(request.raw.socket);
        // Told once, also when the caller goes away.
        reply.raw.once('close', () => room.release());
        request.bodyRoom = room;
      }
      done();
    });
    server.addContentTypeParser('*', ({ bodyRoom }, raw, done) => {
      if (bodyRoom === null) {
        if (hasBody(raw)) throw new Error('a body is read of a method that has none');
        // Something is deleted, and a type said of the body that does not come.
        done(null, undefined);
        return;
      }
      readBody(raw, bodyRoom, (error, body) => {
        if (error?.code === 'unavailable') refused.inc();
        done(error, body);
      });
    });
  }

  /**
   * One read brings a thousand requests of one connection, and a round of the event loop reads all
   * connections: what stands behind others on its connection waits for a turn, and ends with it.
   */
  private whenInTurn(request: FastifyRequest, reply: FastifyReply, go: () => void): void {
    const { answers } = this.host.httpAdapter;
    const turn = answers.isBehindOthers(request.raw.socket) ? this.turns.next() : undefined;
    if (turn === undefined) go();
    else void turn.then(() => void (reply.raw.destroyed || go()));
  }

  /** By the route that was found, not by the path as it was written: that may have escapes. */
  private authenticate(request: FastifyRequest): void {
    if (!isOfApi(request)) return;
    const { method, headers, routeOptions } = request;
    const { url = '' } = routeOptions;
    if (method === 'PUT' || method === 'DELETE' || url.startsWith('/v1/admin/'))
      this.keys.checkAdmin(headers['authorization']);
    else this.keys.checkApi(headers['authorization']);
  }

  private measure(server: FastifyInstance, seconds: GatewayAdapter['seconds']): void {
    server.addHook('onResponse', (request, reply, done) => {
      const route = request.routeOptions.url ?? 'none';
      seconds.observe({ route, status: reply.statusCode }, reply.elapsedTime / 1000);
      done();
    });
  }
}

function typesTaken({ routeOptions }: FastifyRequest): readonly string[] {
  return routeOptions.url === '/v1/events' ? EVENT_MEDIA_TYPES : ['application/json'];
}

/** Only the API takes bodies, and only with a key: elsewhere none is read. */
function isOfApi({ routeOptions }: FastifyRequest): boolean {
  return routeOptions.url?.startsWith('/v1/') === true;
}

/** Where no controller but the last is: an unknown path, or a known one with another method. */
function isOfNothing({ is404, url, routeOptions }: FastifyRequest): boolean {
  return is404 || routeOptions.url?.endsWith('*') !== false || /^[^?]+\/(\?|$)/.test(url);
}

/** Says what a path knows: to who asks for that (OPTIONS), and to who came with another method. */
function answerMethod(
  { method }: FastifyRequest,
  reply: FastifyReply,
  methods: readonly string[],
): void {
  const allow = methods.join(', ');
  void reply.header('allow', allow);
  if (method === 'OPTIONS') void reply.status(204).send();
  else {
    const detail = `expected the method ${allow} on this path, got ${method}`;
    const problem = problemOf({ status: 405, code: 'invalid_argument', detail });
    void reply.status(405).header('content-type', PROBLEM_TYPE).send(problem);
  }
}
