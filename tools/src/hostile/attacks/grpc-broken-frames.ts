import { randomBytes } from 'node:crypto';
import type { Attack } from '../attack.js';
import { holdConnections } from '../held-connections.js';
import { frame, PREFACE } from '../http2-frames.js';

const CONNECTIONS = 400;
const GARBAGE = randomBytes(300);
const TYPES = 12;
const STREAMS = 8;

export const grpcBrokenFrames: Attack = {
  name: 'grpc-broken-frames',
  story:
    'Connections of gRPC begin as they should; then come frames of any type, flags and stream at random.',
  door: 'grpc',
  inflict: ({ target, pick, over }) =>
    holdConnections(
      {
        at: Object.values(target.grpc),
        connections: CONNECTIONS,
        reads: true,
        begin: (socket) => {
          const payload = GARBAGE.subarray(0, pick(GARBAGE.length));
          socket.write(PREFACE);
          socket.write(frame(pick(TYPES), pick(256), pick(STREAMS), payload));
        },
      },
      over,
    ),
};
