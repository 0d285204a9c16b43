import type { FastifyInstance, FastifyRequest } from 'fastify';
import { REFUSED_FOR_MS } from './http-adapter.js';

/**
 * Ends the connection of a caller that is refused before its body has come, and still sends or keeps
 * its half open. Ended at once it would be reset, and the caller never see why: for a second what
 * comes is thrown away. A body that has ended by then leaves its connection as it was.
 */
export function endUnreadBodies(server: FastifyInstance): void {
  server.addHook('onSend', (request, reply, _payload, done) => {
    // The framework asks to close at once.
    if (isUnread(request)) reply.removeHeader('connection');
    done();
  });
  server.addHook('onRequest', (request, reply, done) => {
    if (hasBody(request)) reply.raw.once('finish', () => endLater(request));
    done();
  });
}

function endLater(request: FastifyRequest): void {
  if (!isUnread(request)) return;
  const { socket } = request.raw;
  const timer = setTimeout(() => {
    if (isUnread(request)) socket.destroy();
  }, REFUSED_FOR_MS).unref();
  socket.once('close', () => clearTimeout(timer));
}

function isUnread(request: FastifyRequest): boolean {
  return hasBody(request) && !request.raw.complete;
}

/** Whether its method can have one that is read. */
export function mayHaveBody({ method }: FastifyRequest): boolean {
  return method !== 'GET' && method !== 'HEAD';
}

/** Whether it says that a body comes. */
export function hasBody({ headers }: FastifyRequest): boolean {
  return headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined;
}
