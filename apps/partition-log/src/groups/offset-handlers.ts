import { KAFKA_ERRORS, type KafkaError, type OffsetCommitRequest } from '@tally/kafka-wire';
import type { SegmentLog } from '@tally/segment-log';
import { findPartition } from '../records/find-partition.js';
import type { Handler } from '../server/request-router.js';
import type { GroupCoordinator } from './group-coordinator.js';
import type { OffsetChange } from './offset-store.js';

/** Bytes of the text that a client keeps beside an offset; Kafka's default. */
const MAX_METADATA_BYTES = 4096;

export function offsetCommitHandler(
  log: SegmentLog,
  coordinator: GroupCoordinator,
): Handler<'offsetCommit'> {
  return async (request) => {
    const refusal = refuse(request, coordinator);
    const changes: OffsetChange[] = [];
    const errors = new Map<
      OffsetCommitRequest['topics'][number]['partitions'][number],
      KafkaError
    >();
    for (const { name, partitions } of request.topics) {
      for (const entry of partitions) {
        const { partition, offset, leaderEpoch, metadata } = entry;
        const text = metadata ?? '';
        const error = refusal ?? check(log, name, partition, text);
        if (error !== undefined) errors.set(entry, error);
        else {
          const committed = { offset, leaderEpoch, metadata: text };
          changes.push({ topic: name, partition, committed });
        }
      }
    }
    const who = coordinator.find(request.groupId) === undefined ? 'outsider' : 'member';
    const outcome = await coordinator.commitOffsets(request.groupId, changes, who);
    return {
      topics: request.topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map((entry) => ({
          partition: entry.partition,
          errorCode: KAFKA_ERRORS[errors.get(entry) ?? outcome],
        })),
      })),
    };
  };
}

function refuse(
  request: OffsetCommitRequest,
  coordinator: GroupCoordinator,
): KafkaError | undefined {
  if (request.groupId === '') return 'INVALID_GROUP_ID';
  const group = coordinator.find(request.groupId);
  if (group === undefined) return request.generationId < 0 ? undefined : 'UNKNOWN_MEMBER_ID';
  const error = group.checkCommit(request);
  return error === 'NONE' ? undefined : error;
}

function check(
  log: SegmentLog,
  topic: string,
  partition: number,
  metadata: string,
): KafkaError | undefined {
  if (findPartition(log, topic, partition) === undefined) return 'UNKNOWN_TOPIC_OR_PARTITION';
  if (Buffer.byteLength(metadata) > MAX_METADATA_BYTES) return 'OFFSET_METADATA_TOO_LARGE';
  return undefined;
}

export function offsetFetchHandler(coordinator: GroupCoordinator): Handler<'offsetFetch'> {
  return ({ groupId, topics }) => {
    const committed = coordinator.offsets.of(groupId);
    const wanted =
      topics ??
      [...committed].map(([name, partitions]) => ({ name, partitions: [...partitions.keys()] }));
    return {
      errorCode: KAFKA_ERRORS.NONE,
      topics: wanted.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map((partition) => {
          const found = committed.get(name)?.get(partition);
          return {
            partition,
            offset: found?.offset ?? -1n,
            leaderEpoch: found?.leaderEpoch ?? -1,
            metadata: found?.metadata ?? '',
            errorCode: KAFKA_ERRORS.NONE,
          };
        }),
      })),
    };
  };
}
