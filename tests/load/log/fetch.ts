import { fetch, readBatchHeader } from '@tally/kafka-wire';
import { readerOf, requestFrame, type LogConnection } from './log-connection.js';
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
  connections: readonly LogConnection[],
  topic: string,
  partitions: number,
  check: boolean,
): Promise<Fetched> {
  const content = Array.from({ length: partitions }, () => ({ records: 0, checksum: 0 }));
  const latencies: number[] = [];
  let bytes = 0;
  const readPartition = async (connection: LogConnection, partition: number, into: Content) => {
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

async function ask(connection: LogConnection, topic: string, partition: number, offset: bigint) {
  const frame = requestFrame(fetch, (writer) => {
    writer.int32(-1).int32(100).int32(1).int32(FETCH_BYTES).int8(0).int32(0).int32(-1);
    writer.int32(1).string(topic).int32(1);
    writer.int32(partition).int32(-1).int64(offset).int64(-1n).int32(FETCH_BYTES);
    writer.int32(0).string('');
  });
  const reader = readerOf(await connection.send(frame));
  reader.take(4 + 2 + 4); // throttle, error, session
  const [topics] = reader.array(() => {
    reader.string();
    return reader.array(() => {
      reader.int32();
      const error = reader.int16();
      if (error !== 0) throw new Error(`partition ${partition}: the log answered error ${error}`);
      const highWatermark = reader.int64();
      reader.take(8 + 8 + 4 + 4); // stable offset, log start, no aborted ones, no other replica
      return { highWatermark, records: reader.bytes() };
    });
  });
  const answered = topics?.[0];
  if (answered === undefined) throw new Error(`partition ${partition}: an answer without it`);
  return answered;
}
