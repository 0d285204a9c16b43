import type { Attack } from '../attack.js';
import { holdConnections } from '../held-connections.js';
import { eventHeaders, headOf } from '../http-head.js';

const CONNECTIONS = 300;
const LARGEST_BODY_BYTES = 8 << 20;
const PATHS = ['/v1/events', '/v1/events', '/v1/events', '/v2/nothing', '/v1/admin/losses', '/'];
const LENGTHS = [`content-length: ${LARGEST_BODY_BYTES}`, 'transfer-encoding: chunked'];

export const announcedBodies: Attack = {
  name: 'announced-bodies',
  story:
    'Bodies of 8 MiB are announced, by length and by chunks, with and without a key, on paths that are there and that are not; not a byte of them comes, and refused connections keep their half open.',
  door: 'gateway',
  inflict: ({ target, pick, over }) =>
    holdConnections(
      {
        at: [target.gateway],
        connections: CONNECTIONS,
        reads: true,
        begin: (socket) => {
          const path = PATHS[pick(PATHS.length)] ?? '/';
          const headers = eventHeaders(target, LENGTHS[pick(LENGTHS.length)] ?? '');
          if (pick(2) === 0) headers['authorization'] = 'Bearer no-key-of-anybody';
          const chunk = headers['transfer-encoding'] === undefined ? '' : '800000\r\n';
          socket.write(headOf(target.gateway, `POST ${path}`, headers) + chunk);
        },
      },
      over,
    ),
};
