import { randomBytes } from 'node:crypto';
import { encodeRequest, saslAuthenticate, saslHandshake } from '@tally/kafka-wire';
import type { Attack } from '../attack.js';
import { holdConnections } from '../held-connections.js';
import { HOSTILE_ADDRESS, logOf } from '../kafka-attackers.js';

const CONNECTIONS = 50;
const GARBAGE = randomBytes(64 << 10);
const MOST_WAITING_BYTES = 4 << 20;
const HANDSHAKES = ['SCRAM-SHA-256', 'PLAIN', 'GSSAPI', '', 'x'.repeat(32_767)].map((mechanism) =>
  Buffer.concat(encodeRequest(saslHandshake, { mechanism, hasFramedTokens: true }, { version: 1 })),
);
const LOGINS = [Buffer.alloc(0), Buffer.from('n,,n=,r='), GARBAGE.subarray(0, 60_000)].map((auth) =>
  Buffer.concat(encodeRequest(saslAuthenticate, { token: auth })),
);

export const kafkaSaslGarbage: Attack = {
  name: 'kafka-sasl-garbage',
  story:
    'Logins that cannot be right, under mechanisms that are and that are not; who is refused goes on sending as much as is taken.',
  door: 'log',
  inflict: ({ target, pick, over }) =>
    holdConnections(
      {
        at: [logOf(target)],
        from: HOSTILE_ADDRESS,
        connections: CONNECTIONS,
        reads: true,
        begin: (socket) => {
          socket.write(HANDSHAKES[pick(HANDSHAKES.length)] ?? '');
          socket.write(LOGINS[pick(LOGINS.length)] ?? '');
        },
        again: {
          everyMs: 20,
          do: (socket) =>
            void (socket.writableLength < MOST_WAITING_BYTES && socket.write(GARBAGE)),
        },
      },
      over,
    ),
};
