import { fetch, readBatchHeader } from '@tally/kafka-wire';
import type { KafkaConnection } from '@tally/testing/kafka-connection';
import { checksumOf, type Content } from './workload.js';

/** Asked for at once; below what the log gives in one answer. */
const FETCH_BYTES = 2 << 20;

export interface Fetched {
  readonly content: readonly Content[];
  readonly bytes: number;
  /** Time of each request in ms. */
  readonly latencies: readonly number[];
}

/**
 * Reads partitions from their beginning to their end, each on one of the connections. Sums up CRCs
 * only where `check` is set: that costs the client more than reading.
 */
export async function fetchAll(
  connections: readonly KafkaConnection[],
  topic: string,
  partitions: number,
  check: boolean,
): Promise<Fetched> {
  const content = Array.from({ length: partitions }, () => ({ records: 0, checksum: 0 }));
  const latencies: number[] = [];
  let bytes = 0;
  const readPartition = async (connection: KafkaConnection, partition: number, into: Content) => {
    for (let offset = 0n; ;) {
      const sent = performance.now();
      const { records, highWatermark } = await ask(connection, topic, partition, offset);
      latencies.push(performance.now() - sent);
      bytes += records.length;
      for (let at = 0; at < records.length;) {
        const header = readBatchHeader(records, at);
        if (header?.baseOffset !== offset) {
          throw new Error(
            `partition ${partition}: expected offset ${offset}, got ${header?.baseOffset}`,
          );
        }
        into.records += header.recordCount;
        if (check) {
          const checksum = checksumOf(records.subarray(at, at + header.size));
          into.checksum = (into.checksum + checksum) % Number.MAX_SAFE_INTEGER;
        }
        offset += BigInt(header.count);
        at += header.size;
      }
      if (offset >= highWatermark) return;
    }
  };
  let next = 0;
  const readers = connections.map(async (connection) => {
    for (let number = next++; number < partitions; number = next++) {
      const into = content[number];
      if (into !== undefined) await readPartition(connection, number, into);
    }
  });
  await Promise.all(readers);
  return { content, bytes, latencies };
}

async function ask(connection: KafkaConnection, topic: string, partition: number, offset: bigint) {
  const { topics } = await connection.ask(fetch, {
    maxWaitMs: 100,
    minBytes: 1,
    maxBytes: FETCH_BYTES,
    sessionId: 0,
    sessionEpoch: -1,
    topics: [
      {
        name: topic,
        partitions: [
          { partition, currentLeaderEpoch: -1, fetchOffset: offset, maxBytes: FETCH_BYTES },
        ],
      },
    ],
  });
  const answered = topics[0]?.partitions[0];
  if (answered === undefined) throw new Error(`partition ${partition}: an answer without it`);
  const { errorCode, highWatermark, records } = answered;
  if (errorCode !== 0) {
    throw new Error(`partition ${partition}: the log answered error ${errorCode}`);
  }
  return { highWatermark, records: records[0] ?? Buffer.alloc(0) };
}
