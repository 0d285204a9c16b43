import type { Attack } from '../attack.js';
import { holdConnections } from '../held-connections.js';
import { headOf, keyOf } from '../http-head.js';

const CONNECTIONS = 50;
const REQUESTS_AT_ONCE = 200;
const PATHS = ['/openapi.json', '/v1/event-types', '/nothing'];
/** What waits here because the server does not take it; more would be memory of ours. */
const MOST_WAITING_BYTES = 1 << 20;

export const unreadPipeline: Attack = {
  name: 'unread-pipeline',
  story: 'Thousands of requests are sent one behind the other, and no answer is read.',
  door: 'gateway',
  inflict: ({ target, pick, over }) => {
    const request = () =>
      headOf(target.gateway, `GET ${PATHS[pick(PATHS.length)] ?? '/'}`, keyOf(target));
    const many = () => Array.from({ length: REQUESTS_AT_ONCE }, request).join('');
    return holdConnections(
      {
        at: [target.gateway],
        connections: CONNECTIONS,
        reads: false,
        begin: (socket) => void socket.write(many()),
        again: {
          everyMs: 100,
          do: (socket) => void (socket.writableLength < MOST_WAITING_BYTES && socket.write(many())),
        },
      },
      over,
    );
  },
};
