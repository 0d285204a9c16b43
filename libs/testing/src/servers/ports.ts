import { randomInt } from 'node:crypto';
import { createServer, type Server } from 'node:net';

const HOST = '127.0.0.1';
/**
 * Nobody serves here. Whoever has the port of this address has claimed it for 127.0.0.1: the kernel
 * gives it to one process alone, and takes it back when that process is gone, however it ended.
 */
const CLAIM_HOST = '127.0.0.2';

/** A server that listens there; undefined where somebody else does. */
function listen(host: string, port: number): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolve(undefined);
      else reject(error);
    });
    server.listen({ port, host, exclusive: true }, () => resolve(server));
  });
}

async function close(server: Server): Promise<void> {
  await new Promise((resolve) => server.close(resolve));
}

/** Whether nobody listens on a port of 127.0.0.1. */
async function isFree(port: number): Promise<boolean> {
  const server = await listen(HOST, port);
  if (server !== undefined) await close(server);
  return server !== undefined;
}

/** Claims it until this process ends; false where somebody else has, or a server is there already. */
async function claim(port: number): Promise<boolean> {
  const held = await listen(CLAIM_HOST, port);
  if (held === undefined) return false;
  // Claimed first, then looked at: of two that look at once, both would find it free.
  if (await isFree(port)) {
    held.unref();
    return true;
  }
  await close(held);
  return false;
}

/**
 * A free port of 127.0.0.1 below the range that the kernel gives to outgoing connections (from
 * 32768 on), so that none of them takes it before the server listens, or while it is restarted. No
 * other call gets it, in this process or another, for as long as this process lives.
 */
export function freePort(): Promise<number> {
  return nextFreePort(20_000 + randomInt(11_000));
}

/** `preferred`, or the first port after it that is free; kept as that of `freePort`. */
export async function nextFreePort(preferred: number): Promise<number> {
  for (let port = preferred; port < Math.min(preferred + 1000, 65_536); port++) {
    if (await claim(port)) return port;
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
