import { KAFKA_ERRORS } from '@tally/kafka-wire';
import type { Partition, SegmentLog } from '@tally/segment-log';
import type { Handler } from '../server/request-router.js';
import { askedPartitions } from './asked-partitions.js';

/** Where the log lies: one folder has all partitions, and nothing moves to another. */
export function describeLogDirsHandler(log: SegmentLog, path: string): Handler<'describeLogDirs'> {
  return ({ topics }) => ({
    dirs: [
      {
        errorCode: KAFKA_ERRORS.NONE,
        path,
        topics: askedPartitions(log, topics).map(({ name, partitions }) => ({
          name,
          // What is not there lies in no folder.
          partitions: partitions.flatMap(({ found }) => (found === undefined ? [] : told(found))),
        })),
      },
    ],
  });
}

function told(partition: Partition) {
  const size = partition.allSegments().reduce((sum, segment) => sum + segment.size, 0);
  return { partition: partition.number, size: BigInt(size), lag: 0n, isFuture: false };
}
