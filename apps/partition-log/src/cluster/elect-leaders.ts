import { ELECTION, KAFKA_ERRORS, type KafkaError } from '@tally/kafka-wire';
import type { SegmentLog } from '@tally/segment-log';
import type { Handler } from '../server/request-router.js';
import { inMessage } from '../topics/in-message.js';
import { askedPartitions } from './asked-partitions.js';

/** One node leads every partition, and always has: there is nothing to elect. */
export function electLeadersHandler(log: SegmentLog): Handler<'electLeaders'> {
  return ({ election, topics }) => {
    const isKnown = election === ELECTION.preferred || election === ELECTION.unclean;
    const errorCode = KAFKA_ERRORS[isKnown ? 'NONE' : 'INVALID_REQUEST'];
    // Asked for all, one is told of those that changed.
    if (topics === null) return { errorCode, topics: [] };
    return {
      errorCode,
      topics: askedPartitions(log, topics).map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ number, found }) => {
          const [error, errorMessage] = isKnown
            ? outcome(name, number, found !== undefined)
            : unknownElection(election);
          return { partition: number, errorCode: KAFKA_ERRORS[error], errorMessage };
        }),
      })),
    };
  };
}

function outcome(topic: string, partition: number, isThere: boolean): [KafkaError, string] {
  return isThere
    ? ['ELECTION_NOT_NEEDED', 'the one replica leads already']
    : ['UNKNOWN_TOPIC_OR_PARTITION', `there is no partition ${partition} of ${inMessage(topic)}`];
}

function unknownElection(election: number): [KafkaError, string] {
  const { preferred, unclean } = ELECTION;
  return [
    'INVALID_REQUEST',
    `expected as election ${preferred} (preferred) or ${unclean} (unclean), got ${election}`,
  ];
}
