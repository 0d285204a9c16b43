import type { Attack } from '../attack.js';
import { holdConnections } from '../held-connections.js';
import { FIRST_REQUEST, HOSTILE_ADDRESS, logOf } from '../kafka-attackers.js';

const CONNECTIONS = 600;
const LENGTHS = [2 ** 31 - 1, -1, -(2 ** 31), 0, 3, 64 << 20, (64 << 20) + 1];
const LARGE_PART = Buffer.alloc(1 << 20);
const MOST_WAITING_BYTES = 1 << 20;

export const kafkaFrames: Attack = {
  name: 'kafka-frames',
  story:
    'Frames of 2 GiB are announced, of 64 MiB and of less than nothing; some come in part and slowly, some connections say nothing, some end their half in a frame.',
  door: 'log',
  inflict: ({ target, pick, over }) =>
    holdConnections(
      {
        at: [logOf(target)],
        from: HOSTILE_ADDRESS,
        connections: CONNECTIONS,
        reads: true,
        begin: (socket) => {
          const kind = pick(5);
          if (kind === 0) return;
          if (kind === 1)
            return void socket.end(FIRST_REQUEST.subarray(0, pick(FIRST_REQUEST.length)));
          const length = Buffer.alloc(4);
          length.writeInt32BE(LENGTHS[pick(LENGTHS.length)] ?? 0);
          socket.write(length);
          if (kind === 2) socket.write(FIRST_REQUEST.subarray(4));
          if (kind === 3) socket.write(LARGE_PART);
        },
        again: {
          everyMs: 200,
          do: (socket) => {
            if (socket.bytesWritten > 4 && socket.writableLength < MOST_WAITING_BYTES)
              socket.write('\0');
          },
        },
      },
      over,
    ),
};
