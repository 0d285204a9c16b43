import { createConnection } from 'node:net';

/** A server that needs longer has hung: what a request may wait for ends when its client does. */
const ENDS_WITHIN_MS = 15_000;

/** Sends bytes and says that no more come. Throws when the server keeps the connection open. */
export async function sendHostile(port: number, bytes: Buffer): Promise<void> {
  const socket = createConnection({ host: '127.0.0.1', port });
  let refusal: Error | undefined;
  // A reset is an answer too; nobody who listens is none.
  socket.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'ECONNREFUSED') refusal = error;
  });
  socket.resume();
  const closed = new Promise<void>((resolve, reject) => {
    const late = () =>
      reject(new Error(`the connection stays open after ${bytes.toString('hex')}`));
    const timer = setTimeout(late, ENDS_WITHIN_MS);
    socket.once('close', () => {
      clearTimeout(timer);
      if (refusal === undefined) resolve();
      else reject(refusal);
    });
  });
  socket.end(bytes);
  try {
    await closed;
  } finally {
    socket.destroy();
  }
}
