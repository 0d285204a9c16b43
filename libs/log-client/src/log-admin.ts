import { TallyError, type PartitionBounds } from '@tally/contracts';
import type { Logger } from '@tally/service-kit';
import kafkajs, { type Admin, type KafkaJSDeleteTopicRecordsErrorTopic } from 'kafkajs';
import { farewell } from './farewell.js';
import { createKafka, type KafkaConfig } from './kafka.js';
import { logFailure } from './log-failure.js';

const TIMESTAMP_TYPE = 'message.timestamp.type';
const COMPRESSION = 'compression.type';
const EVENTS_TOPIC = /^events-[0-9a-f]{16}$/;
/** All blocks of one append for one partition: above the largest body that the gateway accepts. */
const MAX_BATCH_BYTES = 16 << 20;

/** Topics and their offsets. Every failure of the log is a TallyError `unavailable`. */
export class LogAdmin {
  private readonly admin: Admin;
  private connecting: Promise<void> | undefined;

  private reaching: Promise<void> | undefined;

  constructor(
    config: KafkaConfig,
    private readonly logger: Logger,
  ) {
    this.admin = createKafka(config, logger).admin();
  }

  /**
   * Creates a topic whose records get the leader's clock, stay as they were sent and are kept for
   * ever. False when it is there already.
   */
  createTopic(topic: string, partitions: number): Promise<boolean> {
    return this.ask('create a topic', (admin) =>
      admin.createTopics({
        waitForLeaders: true,
        topics: [
          {
            topic,
            numPartitions: partitions,
            replicationFactor: -1,
            configEntries: [
              { name: TIMESTAMP_TYPE, value: 'LogAppendTime' },
              { name: COMPRESSION, value: 'uncompressed' },
              { name: 'max.message.bytes', value: String(MAX_BATCH_BYTES) },
              { name: 'retention.ms', value: '-1' },
              { name: 'retention.bytes', value: '-1' },
            ],
          },
        ],
      }),
    );
  }

  hasTopic(topic: string): Promise<boolean> {
    return this.ask('list topics', async (admin) => (await admin.listTopics()).includes(topic));
  }

  /** Names of all topics of events, also of other installations. */
  eventsTopics(): Promise<string[]> {
    return this.ask('list topics', async (admin) =>
      (await admin.listTopics()).filter((name) => EVENTS_TOPIC.test(name)).sort(),
    );
  }

  /**
   * Throws `unavailable` when the topic is missing, has another number of partitions, stamps records
   * with anything but the leader's clock (what is a duplicate would not follow from the log), or
   * compresses them, which readers here would take for damage. Our producers do not compress.
   */
  async assertTopic(topic: string, partitions: number): Promise<void> {
    const found = await this.ask('describe a topic', async (admin) => {
      const topics = await admin.listTopics();
      if (!topics.includes(topic)) return undefined;
      const { topics: metadata } = await admin.fetchTopicMetadata({ topics: [topic] });
      const configs = await admin.describeConfigs({
        includeSynonyms: false,
        resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: topic }],
      });
      const entries = configs.resources[0]?.configEntries ?? [];
      const valueOf = (name: string) =>
        entries.find(({ configName }) => configName === name)?.configValue;
      return {
        partitions: metadata[0]?.partitions.length,
        timestampType: valueOf(TIMESTAMP_TYPE),
        compression: valueOf(COMPRESSION),
      };
    });
    if (found === undefined)
      throw new TallyError('unavailable', `the log has no topic ${topic}; it is never made again`);
    if (found.partitions !== partitions)
      throw new TallyError(
        'unavailable',
        `expected ${partitions} partitions of ${topic}, got ${found.partitions}`,
      );
    if (found.timestampType !== 'LogAppendTime')
      throw new TallyError(
        'unavailable',
        `expected LogAppendTime as ${TIMESTAMP_TYPE} of ${topic}, got ${found.timestampType}`,
      );
    if (found.compression !== 'uncompressed' && found.compression !== 'producer')
      throw new TallyError(
        'unavailable',
        `expected uncompressed or producer as ${COMPRESSION} of ${topic}, got ${found.compression}; set it`,
      );
  }

  /** Bounds of each partition, by its number. */
  bounds(topic: string): Promise<ReadonlyMap<number, PartitionBounds>> {
    return this.ask('ask for offsets', async (admin) => {
      const offsets = await admin.fetchTopicOffsets(topic);
      return new Map(
        offsets.map(({ partition, low, high }) => [
          partition,
          { low: BigInt(low), high: BigInt(high) },
        ]),
      );
    });
  }

  /** Offset of the first record of this partition that was appended at or after an instant. */
  offsetAt(topic: string, partition: number, timestampMs: number): Promise<bigint> {
    return this.ask('ask for an offset by time', async (admin) => {
      const offsets = await admin.fetchTopicOffsetsByTimestamp(topic, timestampMs);
      const found = offsets.find((entry) => entry.partition === partition);
      if (found === undefined) throw new Error(`no answer for partition ${partition}`);
      return BigInt(found.offset);
    });
  }

  /** Whether something was appended to the topic at or after an instant, by the clock of the log. */
  async hasRecordsSince(topic: string, timestampMs: number): Promise<boolean> {
    const bounds = await this.bounds(topic);
    return this.ask('ask for offsets by time', async (admin) => {
      const first = await admin.fetchTopicOffsetsByTimestamp(topic, timestampMs);
      // Where there is none, the answer is the end.
      return first.some(
        ({ partition, offset }) => BigInt(offset) < (bounds.get(partition)?.high ?? 0n),
      );
    });
  }

  /**
   * Deletes the records of this partition below an offset, for ever. Where the log begins behind it
   * already, nothing is done.
   */
  deleteRecords(topic: string, partition: number, before: bigint): Promise<void> {
    return this.ask('delete records', async (admin) => {
      // The client finds leaders only of topics that it was asked of before.
      await admin.fetchTopicOffsets(topic);
      const partitions = [{ partition, offset: String(before) }];
      await admin.deleteTopicRecords({ topic, partitions }).catch((error: unknown) => {
        throw whyNotDeleted(error);
      });
    });
  }

  /** Resolves when the log answers. One question for all that ask meanwhile: a log may hang. */
  reach(): Promise<void> {
    this.reaching ??= this.ask('reach the log', async (admin) => {
      await admin.describeCluster();
    }).finally(() => (this.reaching = undefined));
    return this.reaching;
  }

  close(): Promise<void> {
    return farewell(this.admin, this.logger);
  }

  private async ask<T>(what: string, question: (admin: Admin) => Promise<T>): Promise<T> {
    try {
      this.connecting ??= this.admin.connect().catch((error: unknown) => {
        this.connecting = undefined;
        throw error;
      });
      await this.connecting;
      return await question(this.admin);
    } catch (cause) {
      throw logFailure(`could not ${what}`, cause);
    }
  }
}

/** What the log said of the partition: the client's own error does not tell it. */
function whyNotDeleted(error: unknown): unknown {
  // Where it has tried, its error is the cause of another one.
  const failed = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const { partitions } = failed as Partial<KafkaJSDeleteTopicRecordsErrorTopic>;
  return partitions?.[0]?.error ?? error;
}
