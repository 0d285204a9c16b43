import { GROUP_KEY, KAFKA_ERRORS, type MetadataTopic } from '@tally/kafka-wire';
import { isTopicName, LEADER_EPOCH, type SegmentLog, type Topic } from '@tally/segment-log';
import type { Handler } from '../server/request-router.js';
import { isInternal } from '../topics/internal-topics.js';
import type { Broker } from './broker.js';
import { NO_TRANSACTIONS } from './no-transactions.js';

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

/**
 * There are no transactions. That their id is not allowed is the one answer that every client takes for
 * final and shows at once: after others some ask again until their time is over.
 */
export function findCoordinatorHandler(broker: Broker): Handler<'findCoordinator'> {
  return ({ keyType }) =>
    keyType === GROUP_KEY
      ? { ...broker, errorCode: KAFKA_ERRORS.NONE, errorMessage: null }
      : {
          errorCode: KAFKA_ERRORS.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
          errorMessage: NO_TRANSACTIONS,
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

/** Topics are made on request only, never by being asked for. What can be the name of none is told apart: a client gives up then. */
function unknown(name: string): MetadataTopic {
  return {
    errorCode:
      KAFKA_ERRORS[isTopicName(name) ? 'UNKNOWN_TOPIC_OR_PARTITION' : 'INVALID_TOPIC_EXCEPTION'],
    name,
    isInternal: false,
    partitions: [],
  };
}
