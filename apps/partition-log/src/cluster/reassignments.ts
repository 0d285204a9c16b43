import { KAFKA_ERRORS, type KafkaError } from '@tally/kafka-wire';
import type { SegmentLog } from '@tally/segment-log';
import type { Handler } from '../server/request-router.js';
import { inMessage } from '../topics/in-message.js';
import { refuseReplicas } from '../topics/replica-assignment.js';

/** Replicas are on the one node that there is, so nothing ever moves: what asks for that is done already. */
export function alterPartitionReassignmentsHandler(
  log: SegmentLog,
  nodeId: number,
): Handler<'alterPartitionReassignments'> {
  return ({ topics }) => ({
    errorCode: KAFKA_ERRORS.NONE,
    errorMessage: null,
    topics: topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partition, replicas }) => {
        const isThere = log.topic(name)?.partitions[partition] !== undefined;
        const [error, errorMessage] = isThere
          ? outcome(replicas, nodeId)
          : ([
              'UNKNOWN_TOPIC_OR_PARTITION',
              `there is no such partition of ${inMessage(name)}`,
            ] as const);
        return { partition, errorCode: KAFKA_ERRORS[error], errorMessage };
      }),
    })),
  });
}

export const listPartitionReassignmentsHandler: Handler<'listPartitionReassignments'> = () => ({
  errorCode: KAFKA_ERRORS.NONE,
  errorMessage: null,
  topics: [],
});

function outcome(
  replicas: readonly number[] | null,
  nodeId: number,
): readonly [KafkaError, string | null] {
  if (replicas === null) return ['NO_REASSIGNMENT_IN_PROGRESS', 'no replica is moving'];
  const message = refuseReplicas(replicas, nodeId);
  return message === undefined ? ['NONE', null] : ['INVALID_REPLICA_ASSIGNMENT', message];
}
