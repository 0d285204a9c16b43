import { KAFKA_ERRORS, UP_TO_HIGH_WATERMARK, type KafkaError } from '@tally/kafka-wire';
import type { SegmentLog } from '@tally/segment-log';
import type { Handler } from '../server/request-router.js';
import { isInternal } from '../topics/internal-topics.js';
import { findPartition } from './find-partition.js';

export function deleteRecordsHandler(log: SegmentLog): Handler<'deleteRecords'> {
  return async ({ topics }) => ({
    topics: await Promise.all(
      topics.map(async ({ name, partitions }) => ({
        name,
        partitions: await Promise.all(
          partitions.map(async ({ partition, before }) => {
            const errorCode = KAFKA_ERRORS[await deleteBefore(log, name, partition, before)];
            const lowWatermark = findPartition(log, name, partition)?.logStart ?? -1n;
            return { partition, lowWatermark, errorCode };
          }),
        ),
      })),
    ),
  });
}

async function deleteBefore(
  log: SegmentLog,
  topic: string,
  number: number,
  before: bigint,
): Promise<KafkaError> {
  if (isInternal(topic)) return 'INVALID_TOPIC_EXCEPTION';
  const partition = findPartition(log, topic, number);
  if (partition === undefined) return 'UNKNOWN_TOPIC_OR_PARTITION';
  const offset = before === UP_TO_HIGH_WATERMARK ? partition.highWatermark : before;
  if (offset < 0n) return 'OFFSET_OUT_OF_RANGE';
  const outcome = await log.deleteRecordsBefore(partition, offset);
  switch (outcome) {
    case 'deleted':
      return 'NONE';
    case 'out_of_range':
      return 'OFFSET_OUT_OF_RANGE';
    case 'storage_full':
      return 'KAFKA_STORAGE_ERROR';
  }
}
