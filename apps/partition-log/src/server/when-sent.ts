import type { Socket } from 'node:net';

/** Resolves when a socket can take more, or never will; leaves no listener behind on it. */
export function whenSent(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      socket.off('drain', done);
      socket.off('close', done);
      resolve();
    };
    socket.on('drain', done);
    socket.on('close', done);
  });
}
