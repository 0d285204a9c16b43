import type { NewTopic } from '@tally/kafka-wire';
import { isTopicName, type SegmentLog } from '@tally/segment-log';
import type { Handler } from '../server/request-router.js';
import { answerEach, type Refusal } from './answer-each.js';
import { DEFAULT_PARTITIONS } from './default-partitions.js';
import { isInternal } from './internal-topics.js';
import { refuseReplicas } from './replica-assignment.js';
import { parseTopicConfigs } from './settings/change-settings.js';
import type { TopicLimits } from './topic-limits.js';

export function createTopicsHandler(
  log: SegmentLog,
  nodeId: number,
  limits: TopicLimits,
): Handler<'createTopics'> {
  return async ({ topics, validateOnly }) => ({
    topics: await answerEach(topics, (topic) => create(log, topic, nodeId, limits, validateOnly)),
  });
}

async function create(
  log: SegmentLog,
  topic: NewTopic,
  nodeId: number,
  limits: TopicLimits,
  validateOnly: boolean,
): Promise<Refusal | undefined> {
  const { name } = topic;
  if (log.topic(name) !== undefined) return ['TOPIC_ALREADY_EXISTS', `there is a topic ${name}`];
  if (!isTopicName(name) || isInternal(name)) {
    return ['INVALID_TOPIC_EXCEPTION', 'expected 1 to 249 of a-z, A-Z, 0-9, ".", "_" and "-"'];
  }
  const clash = limits.clashWith(name);
  if (clash !== undefined) {
    return ['INVALID_TOPIC_EXCEPTION', `the name is too much like that of ${clash}`];
  }
  const partitions = numberOfPartitions(topic, nodeId, limits.maxPartitionsPerTopic);
  if (typeof partitions !== 'number') return partitions;
  if (!limits.hasRoomForTopic) {
    return ['POLICY_VIOLATION', `there are ${limits.maxTopics} topics on this node already`];
  }
  if (!limits.hasRoomFor(partitions)) {
    return ['POLICY_VIOLATION', `this node takes ${limits.maxPartitions} partitions in all`];
  }
  const parsed = parseTopicConfigs(name, topic.configs);
  if (parsed.kind === 'invalid') return [parsed.error, parsed.message];
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

function numberOfPartitions(topic: NewTopic, nodeId: number, max: number): number | Refusal {
  const { assignments, replicationFactor } = topic;
  if (assignments.length > 0) return numberOfAssigned(topic, nodeId, max);
  if (replicationFactor !== -1 && replicationFactor !== 1) {
    const message = `expected 1 replica, or -1 for the default, got ${replicationFactor}: there is one node`;
    return ['INVALID_REPLICATION_FACTOR', message];
  }
  const partitions = topic.partitions === -1 ? DEFAULT_PARTITIONS : topic.partitions;
  return partitions >= 1 && partitions <= max ? partitions : tooMany(max, partitions);
}

/** Where a client names the nodes of each partition: from 0 on, each once, and no numbers besides. */
function numberOfAssigned(topic: NewTopic, nodeId: number, max: number): number | Refusal {
  const { assignments, partitions, replicationFactor } = topic;
  if (partitions !== -1 || replicationFactor !== -1) {
    const message = `expected -1 partitions and -1 replicas beside an assignment, got ${partitions} and ${replicationFactor}`;
    return ['INVALID_REQUEST', message];
  }
  const count = assignments.length;
  if (count > max) return tooMany(max, count);
  const seen = new Set<number>();
  for (const { partition, brokers } of assignments) {
    const isNumber = partition >= 0 && partition < count && !seen.has(partition);
    const message = isNumber
      ? refuseReplicas(brokers, nodeId)
      : `expected partitions 0 to ${count - 1}, each once, got ${partition}`;
    if (message !== undefined) return ['INVALID_REPLICA_ASSIGNMENT', message];
    seen.add(partition);
  }
  return count;
}

function tooMany(max: number, partitions: number): Refusal {
  return ['INVALID_PARTITIONS', `expected 1 to ${max} partitions, got ${partitions}`];
}
