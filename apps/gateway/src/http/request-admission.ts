import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import { ERROR_CODES } from '@tally/contracts';
import { Arrivals } from '@tally/resilience';
import { METRICS, type Metrics } from '@tally/service-kit';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { MAX_BODY_BYTES } from '../events/limits.js';
import { registerBudgetMetrics, requestSeconds } from '../metrics.js';
import { BodyBudget } from './body-budget.js';
import { Keys } from './keys.js';
import { nothingHere } from './not-found.controller.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** When its head came in, at the earliest: a moment of the monotonic clock. */
    arrivedAt: number;
  }
}

/**
 * Admits a request before its body is read: by who asks, and by whether there is room for the body.
 * Notes when it arrived.
 */
@Injectable()
export class RequestAdmission implements OnModuleInit {
  constructor(
    @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost<FastifyAdapter>,
    @Inject(Keys) private readonly keys: Keys,
    @Inject(BodyBudget) private readonly budget: BodyBudget,
    @Inject(METRICS) private readonly metrics: Metrics,
    @Inject(Arrivals) private readonly arrivals: Arrivals,
  ) {}

  onModuleInit(): void {
    const server = this.host.httpAdapter.getInstance<FastifyInstance>();
    const refused = registerBudgetMetrics(this.metrics.registry, this.budget);
    this.measure(server);
    letRefusedBodiesEnd(server);
    server.decorateRequest('arrivedAt', 0);
    server.addHook('onRequest', (request, reply, done) => {
      request.arrivedAt = this.arrivals.earliest;
      try {
        this.authenticate(request);
      } catch (error) {
        reply.header('www-authenticate', 'Bearer realm="tally"');
        done(error as Error);
        return;
      }
      if (hasBody(request.method, request.headers) && !isOfApi(request)) {
        done(nothingHere());
        return;
      }
      try {
        this.reserve(request, reply);
      } catch (error) {
        refused.inc();
        done(error as Error);
        return;
      }
      done();
    });
  }

  /** By the route that was found, not by the path as it was written: that may have escapes. */
  private authenticate(request: FastifyRequest): void {
    if (!isOfApi(request)) return;
    const { method, headers, routeOptions } = request;
    const { url = '' } = routeOptions;
    if (method === 'PUT' || url.startsWith('/v1/admin/'))
      this.keys.checkAdmin(headers['authorization']);
    else this.keys.checkApi(headers['authorization']);
  }

  private reserve({ method, headers }: FastifyRequest, reply: FastifyReply): void {
    if (!hasBody(method, headers)) return;
    const release = this.budget.reserve(lengthOf(headers['content-length']));
    // Told once, also when the caller goes away.
    reply.raw.once('close', release);
  }

  private measure(server: FastifyInstance): void {
    const seconds = requestSeconds(this.metrics.registry);
    server.addHook('onResponse', (request, reply, done) => {
      const route = request.routeOptions.url ?? 'none';
      seconds.observe({ route, status: reply.statusCode }, reply.elapsedTime / 1000);
      done();
    });
  }
}

/**
 * The framework closes the connection of a body that is too large. A caller that still sends would
 * find it reset and never see why: what comes is thrown away instead, within the time of a request.
 */
function letRefusedBodiesEnd(server: FastifyInstance): void {
  server.addHook('onSend', (_request, reply, _payload, done) => {
    if (reply.statusCode === ERROR_CODES.payload_too_large.http) reply.removeHeader('connection');
    done();
  });
}

/** Only the API takes bodies, and only with a key: elsewhere none is read, and no room kept for one. */
function isOfApi({ routeOptions }: FastifyRequest): boolean {
  return routeOptions.url?.startsWith('/v1/') === true;
}

function hasBody(method: string, headers: FastifyRequest['headers']): boolean {
  if (method === 'GET' || method === 'HEAD') return false;
  return headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined;
}

/** A body of unknown length may be as long as the longest. */
function lengthOf(contentLength: string | undefined): number {
  const length = Number(contentLength);
  return Number.isSafeInteger(length) ? Math.min(length, MAX_BODY_BYTES) : MAX_BODY_BYTES;
}
