import { randomBytes } from 'node:crypto';
import type { Attack } from '../attack.js';
import { holdConnections } from '../held-connections.js';

const CONNECTIONS = 300;
const GARBAGE = randomBytes(4096);
const METRICS = 'GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n';

export const adminGarbage: Attack = {
  name: 'admin-garbage',
  story:
    'On the admin ports: silent connections, bytes at random, bodies that never come, half heads, and metrics that are asked for and not read.',
  door: 'admin',
  inflict: ({ target, pick, over }) =>
    holdConnections(
      {
        at: Object.values(target.admin),
        connections: CONNECTIONS,
        reads: false,
        begin: (socket) => {
          switch (pick(5)) {
            case 0:
              return;
            case 1:
              return void socket.write(GARBAGE);
            case 2:
              return void socket.write(
                'POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 9999999\r\n\r\n',
              );
            case 3:
              return void socket.write(METRICS.slice(0, pick(METRICS.length)));
            default:
              socket.write(METRICS.repeat(5));
          }
        },
      },
      over,
    ),
};
