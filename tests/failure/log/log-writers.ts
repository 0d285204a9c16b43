import kafkajs, { type Kafka } from 'kafkajs';
import { Random } from '../traffic/random.js';
import { until } from '../rig/until.js';
import { readAll } from './read-all.js';

export const TOPIC = 'kept';
const PARTITIONS = 4;
/** Most bytes of a record: it fills pages of its own, so that a page which is lost is noticed. */
const MAX_VALUE_BYTES = 12_000;
/** How long a writer waits after a refusal. */
const PAUSE_MS = 20;

interface Acknowledged {
  readonly partition: number;
  readonly offset: string;
  readonly value: string;
}

export function clientOf(port: number): Kafka {
  return new kafkajs.Kafka({
    clientId: 'log-writers',
    brokers: [`127.0.0.1:${port}`],
    logLevel: kafkajs.logLevel.NOTHING,
    connectionTimeout: 2000,
    retry: { initialRetryTime: 20, maxRetryTime: 200, retries: 10 },
  });
}

/** One writer for each partition; remembers what was acknowledged, over all lives of a log. */
export class LogWriters {
  readonly acknowledged: Acknowledged[] = [];
  /** Types of errors that the log answered with. */
  readonly refusals = new Set<string>();
  private readonly random: Random;
  private written = 0;
  private stopping = false;
  private writing: Promise<unknown> = Promise.resolve();

  constructor(seed: number) {
    this.random = new Random(seed);
  }

  static async makeTopic(port: number): Promise<void> {
    const admin = clientOf(port).admin();
    await admin.connect();
    await admin.createTopics({
      topics: [
        {
          topic: TOPIC,
          numPartitions: PARTITIONS,
          configEntries: [{ name: 'message.timestamp.type', value: 'LogAppendTime' }],
        },
      ],
    });
    await admin.disconnect();
  }

  start(port: number): void {
    this.stopping = false;
    this.writing = Promise.all(
      Array.from({ length: PARTITIONS }, (_, partition) => this.write(port, partition)),
    );
  }

  async stop(): Promise<void> {
    this.stopping = true;
    await this.writing;
  }

  /** Resolves when so many more records are acknowledged. */
  async more(records: number): Promise<void> {
    const wanted = this.acknowledged.length + records;
    await until(
      `${records} more records are acknowledged`,
      () => this.acknowledged.length >= wanted,
    );
  }

  /** Each is tried once: what has no answer is of unknown fate. */
  private async write(port: number, partition: number): Promise<void> {
    const producer = clientOf(port).producer({
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
      allowAutoTopicCreation: false,
      retry: { retries: 0 },
    });
    await producer.connect();
    while (!this.stopping) {
      const value = `${this.written++} ${'x'.repeat(this.random.between(0, MAX_VALUE_BYTES))}`;
      try {
        const messages = [{ partition, value }];
        const [answer] = await producer.send({ topic: TOPIC, acks: -1, messages });
        const offset = answer?.baseOffset ?? '';
        this.acknowledged.push({ partition, offset, value });
      } catch (error) {
        this.refusals.add(typeOf(error));
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      }
    }
    await producer.disconnect();
  }

  /** Throws when a record that was acknowledged is not at its offset in the log that answers there. */
  async assertKept(port: number): Promise<void> {
    const acknowledged = [...this.acknowledged];
    const found = await readAll(port, TOPIC);
    const missing = acknowledged.filter(
      ({ partition, offset, value }) => found.get(`${partition} ${offset}`) !== value,
    );
    const [first] = missing;
    if (first !== undefined)
      throw new Error(
        `${missing.length} of ${acknowledged.length} acknowledged records are not in the log, first offset ${first.offset} of partition ${first.partition}`,
      );
  }
}

function typeOf(error: unknown): string {
  const { type, cause } = error as { readonly type?: string; readonly cause?: unknown };
  return type ?? (cause === undefined ? String(error) : typeOf(cause));
}
