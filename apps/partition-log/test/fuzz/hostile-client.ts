import { once } from 'node:events';
import { createConnection } from 'node:net';

/** A server that needs longer has hung: what a request may wait for ends when its client does. */
const ENDS_WITHIN_MS = 15_000;

/** Sends bytes and says that no more come. Throws when the server keeps the connection open. */
export async function sendHostile(port: number, bytes: Buffer): Promise<void> {
  const socket = createConnection({ host: '127.0.0.1', port });
  // A reset is an answer too.
  socket.on('error', () => undefined);
  socket.resume();
  const closed = once(socket, 'close', { signal: AbortSignal.timeout(ENDS_WITHIN_MS) });
  socket.end(bytes);
  try {
    await closed;
  } catch {
    throw new Error(`the connection is still open after ${bytes.toString('hex')}`);
  } finally {
    socket.destroy();
  }
}
