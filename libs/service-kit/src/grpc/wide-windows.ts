import type { Server } from '@grpc/grpc-js';
import { serversBelow } from './grpc-connections.js';

/**
 * What a caller may send of a call, and over a connection, before anything of it was read. By itself
 * HTTP/2 lets 64 KiB pass, and a message of events comes in eight pieces that each wait for leave. The
 * messages themselves are bounded, see MAX_MESSAGE_BYTES.
 */
export const WINDOW_BYTES = 1 << 20;

/** For the connections that a server that listens will have; grpc-js lets clients alone choose theirs. */
export function widenWindows(server: Server): void {
  for (const below of serversBelow(server))
    below.on('session', (session) => {
      if (session.destroyed) return;
      session.settings({ initialWindowSize: WINDOW_BYTES });
      session.setLocalWindowSize(WINDOW_BYTES);
    });
}
