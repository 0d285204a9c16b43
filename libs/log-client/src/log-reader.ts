import type { LogRecord } from '@tally/contracts';
import {
  fetch,
  hasValidCrc,
  KAFKA_ERRORS,
  MalformedFrame,
  readBatchHeader,
  readStoredRecords,
  type FetchedPartition,
} from '@tally/kafka-wire';
import { Brokers } from './append/brokers.js';
import { byLeader, TopicLeaders } from './append/leaders.js';
import { errorOf } from './append/log-refusal.js';
import type { KafkaConfig } from './kafka.js';
import { logFailure } from './log-failure.js';

/** A record with its key. */
export interface KeyedRecord extends LogRecord {
  readonly key: Buffer | null;
}

/** What there is of one partition from an offset on. */
export interface ReadPartition {
  readonly partition: number;
  /** Where the partition ends. */
  readonly high: bigint;
  /** In their order, whole batches; none where the log begins behind the offset. */
  readonly records: readonly KeyedRecord[];
}

/** How much is read at once, and how long it is waited for. */
export interface ReadLimits {
  readonly maxBytes: number;
  readonly maxWaitMs: number;
}

/**
 * Reads records at offsets that the caller knows, without a group. One question at a time waits for new
 * records: others of the same reader wait behind it. Every failure is a TallyError `unavailable`.
 */
export class LogReader {
  private readonly brokers: Brokers;
  private readonly leaders: TopicLeaders;

  constructor(private readonly config: KafkaConfig) {
    this.brokers = new Brokers(config);
    this.leaders = new TopicLeaders(this.brokers);
  }

  /**
   * @param positions By partition, the first offset that is wanted.
   * @param limits `maxBytes` of each partition; a batch that is larger comes all the same.
   */
  async read(
    topic: string,
    positions: ReadonlyMap<number, bigint>,
    { maxBytes, maxWaitMs }: ReadLimits,
  ): Promise<ReadPartition[]> {
    const asked = this.leaders.of(topic);
    try {
      const leaders = await asked;
      for (const partition of positions.keys())
        if (!leaders.has(partition)) throw new Error(`nobody leads partition ${partition}`);
      const parts = byLeader(leaders, positions.keys());
      const answers = await Promise.all(
        [...parts].map(async ([broker, partitions]) => {
          const connection = await this.brokers.to(broker);
          return connection.ask(fetch, {
            maxWaitMs: Math.min(maxWaitMs, Math.floor(this.config.requestTimeoutMs / 2)),
            minBytes: 1,
            maxBytes: partitions.length * maxBytes,
            sessionId: 0,
            sessionEpoch: -1,
            topics: [
              {
                name: topic,
                partitions: partitions.map((partition) => ({
                  partition,
                  currentLeaderEpoch: -1,
                  fetchOffset: positions.get(partition) ?? 0n,
                  maxBytes,
                })),
              },
            ],
          });
        }),
      );
      return answers
        .flatMap(({ topics }) => topics.flatMap(({ partitions }) => partitions))
        .map((fetched) => readPartition(fetched, positions.get(fetched.partition) ?? 0n));
    } catch (cause) {
      this.leaders.forget(topic, asked);
      throw logFailure('could not read from the log', cause);
    }
  }

  async close(): Promise<void> {
    this.brokers.close();
  }
}

function readPartition(fetched: FetchedPartition, from: bigint): ReadPartition {
  const { partition, errorCode, highWatermark: high, records } = fetched;
  if (errorCode === KAFKA_ERRORS.OFFSET_OUT_OF_RANGE) return { partition, high, records: [] };
  if (errorCode !== KAFKA_ERRORS.NONE) throw errorOf(errorCode, `partition ${partition}`);
  const all = records.flatMap((bytes) => recordsOf(bytes, partition));
  return { partition, high, records: all.filter(({ offset }) => offset >= from) };
}

/** The last batch may be cut off; every other one is whole, or the log is damaged. */
function recordsOf(bytes: Buffer, partition: number): KeyedRecord[] {
  const found: KeyedRecord[] = [];
  for (let at = 0; at < bytes.length;) {
    const header = readBatchHeader(bytes, at);
    if (header === undefined || at + header.size > bytes.length) {
      if (at > 0) break;
      throw new MalformedFrame(`partition ${partition} begins with no batch`);
    }
    if (!hasValidCrc(bytes, at, header.size))
      throw new MalformedFrame(`the batch at ${header.baseOffset} of partition ${partition}`);
    const records = readStoredRecords(bytes.subarray(at, at + header.size));
    if (records === undefined)
      throw new MalformedFrame(`partition ${partition} has compressed records`);
    found.push(...records);
    at += header.size;
  }
  return found;
}
