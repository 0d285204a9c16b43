import { KAFKA_ERRORS, type EpochEnd, type KafkaError } from '@tally/kafka-wire';
import { LEADER_EPOCH, type SegmentLog } from '@tally/segment-log';
import type { Handler } from '../server/request-router.js';
import { checkLeaderEpoch, findPartition } from './find-partition.js';

/**
 * Where a leader epoch ended: a consumer that was told another leader finds out whether its offset
 * still means the same record (KIP-320). One node has one epoch, which ends at the high watermark.
 */
export function offsetForLeaderEpochHandler(log: SegmentLog): Handler<'offsetForLeaderEpoch'> {
  return ({ topics }) => ({
    topics: topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partition, currentLeaderEpoch, leaderEpoch }): EpochEnd => {
        const found = findPartition(log, name, partition);
        if (found === undefined) return none(partition, 'UNKNOWN_TOPIC_OR_PARTITION');
        const fenced = checkLeaderEpoch(currentLeaderEpoch);
        if (fenced !== undefined) return none(partition, fenced);
        if (leaderEpoch !== LEADER_EPOCH) return none(partition, 'NONE');
        const { highWatermark: endOffset } = found;
        return { partition, errorCode: KAFKA_ERRORS.NONE, leaderEpoch, endOffset };
      }),
    })),
  });
}

function none(partition: number, error: KafkaError): EpochEnd {
  return { partition, errorCode: KAFKA_ERRORS[error], leaderEpoch: -1, endOffset: -1n };
}
