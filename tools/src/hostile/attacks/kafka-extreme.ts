import { deleteGroups, deleteTopics } from '@tally/kafka-wire';
import { ExtremeClient, extremeRequest } from '@tally/testing/extreme';
import { KafkaConnection } from '@tally/testing/kafka-connection';
import type { Attack } from '../attack.js';
import { HOSTILE_ADDRESS, logOf, requestOfNames, topicsOf } from '../kafka-attackers.js';

const CLIENTS = 8;
const BURST = 25;
/** Groups that extreme requests name and that can be. */
const GROUPS = ['extreme', 'own-times', 'absent', 'also-absent', 'topic', 'consumer', 'range'];

export const kafkaExtreme: Attack = {
  name: 'kafka-extreme',
  story:
    'Requests of any API in any version with extreme numbers and lengths, on topics that are there and that are not (as tools/log-fuzz --extreme).',
  door: 'log',
  async inflict({ target, pick, over }) {
    const log = logOf(target);
    const before = await topicsOf(log);
    const figures = { answered: 0, hungUp: 0, waiting: 0 };
    await Promise.all(
      Array.from({ length: CLIENTS }, async () => {
        const client = new ExtremeClient(log.port, figures, HOSTILE_ADDRESS);
        while (!over.aborted)
          await client.send(Array.from({ length: BURST }, (_, at) => extremeRequest(pick, at)));
        client.close();
      }),
    );
    const made = [...(await topicsOf(log)).keys()].filter((name) => !before.has(name));
    const connection = await KafkaConnection.open(log.port);
    await connection.exchange(requestOfNames(deleteTopics, made, 'timeout'));
    await connection.exchange(requestOfNames(deleteGroups, GROUPS));
    connection.close();
    const { answered, hungUp, waiting } = figures;
    return {
      evidence: `${answered} requests answered, ${hungUp} connections ended by the log, ${waiting} that waited; ${made.length} topics made and removed`,
      problems: answered === 0 ? ['no request was answered'] : [],
    };
  },
};
