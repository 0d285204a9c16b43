import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyInstance, FastifyRequest } from 'fastify';

/** How long a refused caller has to read why: destroyed at once, a connection with unread bytes is reset. */
export const REFUSED_FOR_MS = 1000;

/**
 * Ends the connection of a caller that is refused before its body has come, and still sends or keeps
 * its half open. Ended at once it would be reset, and the caller never see why: for a second what
 * comes is thrown away. A body that has ended by then leaves its connection as it was.
 */
export function endUnreadBodies(server: FastifyInstance): void {
  server.addHook('onSend', ({ raw }, reply, _payload, done) => {
    // The framework asks to close at once.
    if (isUnread(raw)) reply.removeHeader('connection');
    done();
  });
  server.addHook('onRequest', ({ raw }, reply, done) => {
    endUnreadBody(raw, reply.raw);
    done();
  });
}

/** The same for one request, whoever answers it. */
export function endUnreadBody(request: IncomingMessage, response: ServerResponse): void {
  if (hasBody(request)) response.once('finish', () => endLater(request));
}

function endLater(request: IncomingMessage): void {
  if (!isUnread(request)) return;
  const { socket } = request;
  const timer = setTimeout(() => {
    if (isUnread(request)) socket.destroy();
  }, REFUSED_FOR_MS).unref();
  socket.once('close', () => clearTimeout(timer));
}

function isUnread(request: IncomingMessage): boolean {
  return hasBody(request) && !request.complete;
}

/** Whether its method can have one that is read; to delete something needs none. */
export function mayHaveBody({ method, raw }: FastifyRequest): boolean {
  return method !== 'GET' && method !== 'HEAD' && (method !== 'DELETE' || hasBody(raw));
}

/** Whether it says that a body comes. */
export function hasBody({ headers }: Pick<IncomingMessage, 'headers'>): boolean {
  return headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined;
}
