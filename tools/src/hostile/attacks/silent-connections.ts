import type { Attack } from '../attack.js';
import { holdConnections } from '../held-connections.js';
import { headOf } from '../http-head.js';

const CONNECTIONS = 1000;

export const silentConnections: Attack = {
  name: 'silent-connections',
  story:
    'A thousand connections: a third says nothing, a third sends half a head and then a letter at a time, a third ends its own half after half a request.',
  door: 'gateway',
  inflict: ({ target, pick, over }) =>
    holdConnections(
      {
        at: [target.gateway],
        connections: CONNECTIONS,
        reads: true,
        begin: (socket) => {
          const kind = pick(3);
          if (kind === 0) return;
          const head = headOf(target.gateway, 'POST /v1/events', { 'content-length': '100' });
          socket.write(head.slice(0, pick(head.length)));
          if (kind === 2) socket.end();
        },
        again: {
          everyMs: 500,
          do: (socket) => void (socket.bytesWritten > 0 && socket.write('x')),
        },
      },
      over,
    ),
};
