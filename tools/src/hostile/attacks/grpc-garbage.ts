import { randomBytes } from 'node:crypto';
import type { Attack } from '../attack.js';
import { holdConnections } from '../held-connections.js';
import { PREFACE } from '../http2-frames.js';

const CONNECTIONS = 400;
const GARBAGE = randomBytes(64 << 10);

export const grpcGarbage: Attack = {
  name: 'grpc-garbage',
  story:
    'On the ports of gRPC: connections that say nothing, that say half of what a client begins with, bytes at random, and such that end their half.',
  door: 'grpc',
  inflict: ({ target, pick, over }) =>
    holdConnections(
      {
        at: Object.values(target.grpc),
        connections: CONNECTIONS,
        reads: true,
        begin: (socket) => {
          switch (pick(4)) {
            case 0:
              return;
            case 1:
              return void socket.write(PREFACE.subarray(0, pick(PREFACE.length)));
            case 2:
              return void socket.write(GARBAGE.subarray(pick(1000), pick(GARBAGE.length)));
            default:
              socket.end(PREFACE);
          }
        },
      },
      over,
    ),
};
