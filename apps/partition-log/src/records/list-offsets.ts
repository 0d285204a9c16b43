import {
  EARLIEST,
  KAFKA_ERRORS,
  LATEST,
  LATEST_TIME,
  timestampMs,
  type KafkaError,
} from '@tally/kafka-wire';
import { LEADER_EPOCH, type Partition, type SegmentLog } from '@tally/segment-log';
import type { Handler } from '../server/request-router.js';
import { checkLeaderEpoch, findPartition } from './find-partition.js';

type Found = { readonly offset: bigint; readonly timestamp: bigint } | KafkaError;

export function listOffsetsHandler(log: SegmentLog): Handler<'listOffsets'> {
  return async ({ topics }) => ({
    topics: await Promise.all(
      topics.map(async ({ name, partitions }) => ({
        name,
        partitions: await Promise.all(
          partitions.map(async ({ partition, currentLeaderEpoch, timestamp }) => {
            const found =
              checkLeaderEpoch(currentLeaderEpoch) ??
              (await find(findPartition(log, name, partition), timestamp));
            return typeof found === 'string'
              ? { ...none(partition), errorCode: KAFKA_ERRORS[found] }
              : { ...none(partition), ...found, leaderEpoch: LEADER_EPOCH };
          }),
        ),
      })),
    ),
  });
}

async function find(partition: Partition | undefined, timestamp: bigint): Promise<Found> {
  if (partition === undefined) return 'UNKNOWN_TOPIC_OR_PARTITION';
  if (timestamp === LATEST) return { offset: partition.highWatermark, timestamp: -1n };
  if (timestamp === EARLIEST) return { offset: partition.logStart, timestamp: -1n };
  if (timestamp < LATEST_TIME) return 'INVALID_REQUEST';
  const found =
    timestamp === LATEST_TIME
      ? await partition.latest()
      : await partition.firstAtOrAfter(timestampMs(timestamp));
  return found === undefined
    ? { offset: -1n, timestamp: -1n }
    : { offset: found.offset, timestamp: BigInt(found.timestampMs) };
}

function none(partition: number) {
  return {
    partition,
    errorCode: KAFKA_ERRORS.NONE,
    timestamp: -1n,
    offset: -1n,
    leaderEpoch: -1,
  };
}
