import type { MorePartitions } from '@tally/kafka-wire';
import type { SegmentLog } from '@tally/segment-log';
import type { Handler } from '../server/request-router.js';
import { answerEach, type Refusal } from './answer-each.js';
import { inMessage } from './in-message.js';
import { hasFixedPartitions, isInternal } from './internal-topics.js';
import { refuseReplicas } from './replica-assignment.js';
import type { TopicLimits } from './topic-limits.js';

/** More partitions for topics of anybody; Tally's own have the number that they were made with. */
export function createPartitionsHandler(
  log: SegmentLog,
  nodeId: number,
  limits: TopicLimits,
): Handler<'createPartitions'> {
  return async ({ topics, validateOnly }) => ({
    topics: await answerEach(
      topics,
      async (topic) =>
        check(log, topic, nodeId, limits) ?? (validateOnly ? undefined : await add(log, topic)),
    ),
  });
}

function check(
  log: SegmentLog,
  { name, count, assignments }: MorePartitions,
  nodeId: number,
  limits: TopicLimits,
): Refusal | undefined {
  const topic = log.topic(name);
  if (topic === undefined) return unknown(name);
  if (isInternal(name)) return ['INVALID_TOPIC_EXCEPTION', `${name} is written by the log alone`];
  if (hasFixedPartitions(name)) {
    const message = `${name} keeps its partitions: where an event lies follows from their number; make another topic`;
    return ['POLICY_VIOLATION', message];
  }
  const now = topic.partitions.length;
  if (count <= now) return notMore(now, count);
  if (count > limits.maxPartitionsPerTopic) {
    const message = `expected at most ${limits.maxPartitionsPerTopic} partitions, got ${count}`;
    return ['INVALID_PARTITIONS', message];
  }
  if (!limits.hasRoomFor(count - now)) {
    return ['POLICY_VIOLATION', `this node takes ${limits.maxPartitions} partitions in all`];
  }
  return assignments === null ? undefined : checkAssignments(assignments, count - now, nodeId);
}

function checkAssignments(
  assignments: readonly (readonly number[])[],
  added: number,
  nodeId: number,
): Refusal | undefined {
  const message =
    assignments.length === added
      ? assignments.flatMap((nodes) => refuseReplicas(nodes, nodeId) ?? [])[0]
      : `expected an assignment for each of the ${added} new partitions, got ${assignments.length}`;
  return message === undefined ? undefined : ['INVALID_REPLICA_ASSIGNMENT', message];
}

async function add(log: SegmentLog, { name, count }: MorePartitions): Promise<Refusal | undefined> {
  const outcome = await log.addPartitions(name, count);
  switch (outcome) {
    case 'added':
      return undefined;
    case 'unknown_topic':
      return unknown(name);
    case 'not_more':
      return notMore(log.topic(name)?.partitions.length ?? 0, count);
    case 'storage_full':
      return ['KAFKA_STORAGE_ERROR', 'the disk of the log is full'];
  }
}

function unknown(name: string): Refusal {
  return ['UNKNOWN_TOPIC_OR_PARTITION', `there is no topic ${inMessage(name)}`];
}

function notMore(now: number, count: number): Refusal {
  return ['INVALID_PARTITIONS', `expected more than the ${now} partitions there are, got ${count}`];
}
