import { KAFKA_ERRORS, type KafkaError, type NewTopic } from '@tally/kafka-wire';
import { isTopicName, type SegmentLog } from '@tally/segment-log';
import type { Handler } from '../server/request-router.js';
import { isInternal } from './internal-topics.js';
import { parseTopicConfigs } from './topic-configs.js';

/** Where a client leaves the number to the server. */
const DEFAULT_PARTITIONS = 16;
/** Each is a folder and an open file; enough for any topic of one node. */
const MAX_PARTITIONS = 4096;

type Refusal = readonly [KafkaError, string];

export function createTopicsHandler(log: SegmentLog, nodeId: number): Handler<'createTopics'> {
  return async ({ topics, validateOnly }) => {
    const results = [];
    for (const topic of topics) {
      const isTwice = topics.some((other) => other !== topic && other.name === topic.name);
      const refusal: Refusal | undefined = isTwice
        ? ['INVALID_REQUEST', 'the topic is in the request twice']
        : await create(log, topic, nodeId, validateOnly);
      const [error, errorMessage] = refusal ?? (['NONE', null] as const);
      results.push({ name: topic.name, errorCode: KAFKA_ERRORS[error], errorMessage });
    }
    return { topics: results };
  };
}

async function create(
  log: SegmentLog,
  topic: NewTopic,
  nodeId: number,
  validateOnly: boolean,
): Promise<Refusal | undefined> {
  const { name } = topic;
  if (log.topic(name) !== undefined) return ['TOPIC_ALREADY_EXISTS', `there is a topic ${name}`];
  if (!isTopicName(name) || isInternal(name)) {
    return ['INVALID_TOPIC_EXCEPTION', 'expected 1 to 249 of a-z, A-Z, 0-9, ".", "_" and "-"'];
  }
  const partitions = numberOfPartitions(topic, nodeId);
  if (typeof partitions !== 'number') return partitions;
  const parsed = parseTopicConfigs(topic.configs);
  if (parsed.kind === 'invalid') return ['INVALID_CONFIG', parsed.message];
  if (validateOnly) return undefined;
  const outcome = await log.createTopic({ name, partitions, configs: parsed.configs });
  switch (outcome.kind) {
    case 'created':
      return undefined;
    case 'exists':
      return ['TOPIC_ALREADY_EXISTS', `there is a topic ${name}`];
    case 'storage_full':
      return ['KAFKA_STORAGE_ERROR', 'the disk of the log is full'];
  }
}

function numberOfPartitions(topic: NewTopic, nodeId: number): number | Refusal {
  const { assignments, replicationFactor } = topic;
  if (assignments.length > 0) {
    const isOurs = assignments.every(
      ({ partition, brokers }) =>
        partition >= 0 &&
        partition < assignments.length &&
        brokers.length === 1 &&
        brokers[0] === nodeId,
    );
    const isComplete = new Set(assignments.map(({ partition }) => partition)).size;
    return isOurs && isComplete === assignments.length
      ? assignments.length
      : ['INVALID_REPLICA_ASSIGNMENT', `expected each partition once, on node ${nodeId}`];
  }
  if (replicationFactor !== -1 && replicationFactor !== 1) {
    return ['INVALID_REPLICATION_FACTOR', 'there is one node'];
  }
  const partitions = topic.partitions === -1 ? DEFAULT_PARTITIONS : topic.partitions;
  return partitions >= 1 && partitions <= MAX_PARTITIONS
    ? partitions
    : ['INVALID_PARTITIONS', `expected 1 to ${MAX_PARTITIONS} partitions, got ${partitions}`];
}
