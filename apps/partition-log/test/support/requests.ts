import {
  buildRecordBatch,
  fetch,
  type ByTopic,
  type FetchRequest,
  type ProduceRequest,
} from '@tally/kafka-wire';
import type { KafkaConnection } from '@tally/testing/kafka-connection';

const FETCH_BYTES = 8 << 20;

/** A batch of one record. */
export function batchOf(value: string): Buffer {
  return buildRecordBatch([{ key: null, value: Buffer.from(value) }], Date.now());
}

/** A batch for one partition, to be answered when it is durable. */
export function producing(topic: string, partition: number, records: Buffer): ProduceRequest {
  return {
    transactionalId: null,
    acks: -1,
    timeoutMs: 30_000,
    topics: [{ name: topic, partitions: [{ partition, records }] }],
  };
}

/** Partitions of a topic by their number, from these offsets on. It waits only when it is told to. */
export function fetching(
  topic: string,
  offsets: Readonly<Record<number, bigint>>,
  { maxWaitMs = 0, minBytes = 0, maxBytes = FETCH_BYTES } = {},
): FetchRequest {
  const partitions = Object.entries(offsets).map(([partition, fetchOffset]) => ({
    partition: Number(partition),
    currentLeaderEpoch: -1,
    fetchOffset,
    maxBytes,
  }));
  return {
    maxWaitMs,
    minBytes,
    maxBytes,
    sessionId: 0,
    sessionEpoch: -1,
    topics: [{ name: topic, partitions }],
  };
}

/** What is told about the one partition that was asked for. */
export function onlyPartition<Partition>(response: {
  readonly topics: readonly ByTopic<Partition>[];
}): Partition {
  const partition = response.topics[0]?.partitions[0];
  if (partition === undefined) throw new Error('an answer without a partition');
  return partition;
}

/** Stored batches of a partition from an offset on; some megabytes at most. */
export async function fetchBytes(
  connection: KafkaConnection,
  topic: string,
  offset: number,
  partition = 0,
): Promise<Buffer> {
  const request = fetching(topic, { [partition]: BigInt(offset) });
  const { errorCode, records } = onlyPartition(await connection.ask(fetch, request));
  if (errorCode !== 0) throw new Error(`Fetch answered ${errorCode}`);
  return Buffer.concat(records);
}
