import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { ConnectionLimit } from '@tally/service-kit';
import type { FastifyInstance, FastifyServerOptions } from 'fastify';
import type { Counter, Histogram } from 'prom-client';
import type { OpenAnswers } from './open-answers.js';

/** How long requests that have begun may take to end once the server closes: half of the time to drain. */
const CLOSING_MS = 10_000;

/**
 * Fastify that goes away without a caller noticing. While it is still found, each answer says that its
 * connection ends; when it closes, connections on which nothing is asked are ended, also those on
 * which nothing ever was, for which Node would wait; what was asked by then is answered.
 */
export class GatewayAdapter extends FastifyAdapter {
  constructor(
    options: FastifyServerOptions,
    readonly answers: OpenAnswers,
    readonly connections: ConnectionLimit,
    /** How long requests took, by route and status. */
    readonly seconds: Histogram<'route' | 'status'>,
    /** Readers that were disconnected. */
    readonly slowReaders: Counter,
  ) {
    super(options);
    const instance = this.getInstance<FastifyInstance>();
    connections.watch(instance.server);
    const sockets = connections.open;
    instance.addHook('preClose', (done) => {
      this.leave();
      for (const socket of sockets) if (!answers.isAnswering(socket)) socket.destroy();
      const timer = setTimeout(() => {
        for (const socket of sockets) socket.destroy();
      }, CLOSING_MS).unref();
      instance.server.once('close', () => clearTimeout(timer));
      done();
    });
  }

  /** Call as soon as this gateway is to end; it serves on until it is closed. */
  leave(): void {
    this.answers.leave();
  }
}
