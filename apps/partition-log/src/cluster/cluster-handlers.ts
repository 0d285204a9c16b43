import { GROUP_KEY, KAFKA_ERRORS, type MetadataTopic } from '@tally/kafka-wire';
import { LEADER_EPOCH, type SegmentLog, type Topic } from '@tally/segment-log';
import type { Handler } from '../server/request-router.js';
import { isInternal } from '../topics/internal-topics.js';
import type { Broker } from './broker.js';

/** Who serves what: one node leads every partition and coordinates every group. */
export function metadataHandler(log: SegmentLog, broker: Broker): Handler<'metadata'> {
  const { nodeId, clusterId } = broker;
  return ({ topics }) => ({
    brokers: [broker],
    clusterId,
    controllerId: nodeId,
    // Each once: an answer must not be many times its request.
    topics: [...new Set(topics ?? log.topics().map(({ name }) => name))].map((name) => {
      const topic = log.topic(name);
      return topic === undefined ? unknown(name) : describe(topic, nodeId);
    }),
  });
}

/** Transactions are refused for good: an error that can be retried would keep their client waiting. */
export function findCoordinatorHandler(broker: Broker): Handler<'findCoordinator'> {
  return ({ keyType }) =>
    keyType === GROUP_KEY
      ? { ...broker, errorCode: KAFKA_ERRORS.NONE, errorMessage: null }
      : {
          errorCode: KAFKA_ERRORS.INVALID_REQUEST,
          errorMessage: 'there are no transactions',
          nodeId: -1,
          host: '',
          port: -1,
        };
}

function describe(topic: Topic, nodeId: number): MetadataTopic {
  return {
    errorCode: KAFKA_ERRORS.NONE,
    name: topic.name,
    isInternal: isInternal(topic.name),
    partitions: topic.partitions.map(({ number }) => ({
      errorCode: KAFKA_ERRORS.NONE,
      partition: number,
      leaderId: nodeId,
      leaderEpoch: LEADER_EPOCH,
      replicas: [nodeId],
      isr: [nodeId],
    })),
  };
}

/** Topics are made on request only, never by being asked for. */
function unknown(name: string): MetadataTopic {
  return {
    errorCode: KAFKA_ERRORS.UNKNOWN_TOPIC_OR_PARTITION,
    name,
    isInternal: false,
    partitions: [],
  };
}
