import { createConnection } from 'node:net';
import type { Endpoint } from './attack.js';

const PATIENCE_MS = 2000;

/** Opens a connection, sends bytes if there are any, and resets it. Resolves when it is gone. */
export function openAndReset({ host, port }: Endpoint, bytes?: Buffer): Promise<void> {
  return new Promise((resolve) => {
    const socket = createConnection({ host, port });
    const timer = setTimeout(() => socket.destroy(), PATIENCE_MS);
    socket.on('error', () => undefined);
    socket.once('close', () => {
      clearTimeout(timer);
      resolve();
    });
    socket.once('connect', () => {
      if (bytes === undefined) socket.resetAndDestroy();
      else socket.write(bytes, () => socket.resetAndDestroy());
    });
  });
}
