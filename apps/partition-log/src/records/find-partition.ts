import type { KafkaError } from '@tally/kafka-wire';
import { LEADER_EPOCH, type Partition, type SegmentLog } from '@tally/segment-log';

export function findPartition(
  log: SegmentLog,
  topic: string,
  partition: number,
): Partition | undefined {
  return log.topic(topic)?.partitions[partition];
}

/** A client that knows an epoch asks the leader whether it is still that of now (KIP-320). */
export function checkLeaderEpoch(known: number): KafkaError | undefined {
  if (known === -1 || known === LEADER_EPOCH) return undefined;
  return known < LEADER_EPOCH ? 'FENCED_LEADER_EPOCH' : 'UNKNOWN_LEADER_EPOCH';
}
