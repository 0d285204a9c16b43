import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

const HOST = '127.0.0.1';

/** Whether nobody listens on a port of 127.0.0.1. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolve(false);
      else reject(error);
    });
    server.listen({ port, host: HOST, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/**
 * A free port of 127.0.0.1 below the range that the kernel gives to outgoing connections (from
 * 32768 on), so that none of them takes it before the server listens, or while it is restarted.
 */
export async function freePort(reserved: ReadonlySet<number> = new Set()): Promise<number> {
  return nextFreePort(20_000 + randomInt(11_000), reserved);
}

/** `preferred`, or the first free port after it that is not in `reserved`. */
export async function nextFreePort(
  preferred: number,
  reserved: ReadonlySet<number> = new Set(),
): Promise<number> {
  for (let port = preferred; port < Math.min(preferred + 1000, 65_536); port++) {
    if (!reserved.has(port) && (await isFree(port))) return port;
  }
  throw new Error(`no free port on ${HOST} from ${preferred} on`);
}

/**
 * The port to start a server on: any free one, or the asked one if nobody listens there. A server
 * that is already there would answer the readiness check of one that could not start.
 */
export async function claimPort(asked?: number): Promise<number> {
  if (asked === undefined) return freePort();
  if (await isFree(asked)) return asked;
  throw new Error(`port ${asked} of ${HOST} is taken by another process`);
}
