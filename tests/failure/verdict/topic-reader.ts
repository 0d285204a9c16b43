import kafkajs, { type Kafka, type KafkaMessage } from 'kafkajs';
import { until } from '../rig/until.js';

/** Reads a topic as any Kafka client can: each record once, in the order of its partition. */
export class TopicReader {
  /** By partition: the next offset to read. */
  readonly ends = new Map<number, number>();
  private readonly kafka: Kafka;

  constructor(
    brokers: string,
    readonly topic: string,
  ) {
    this.kafka = new kafkajs.Kafka({
      brokers: brokers.split(','),
      clientId: 'recount',
      logLevel: kafkajs.logLevel.NOTHING,
    });
  }

  /** Whether there is such a topic. */
  async exists(): Promise<boolean> {
    return this.asAdmin(async (admin) => (await admin.listTopics()).includes(this.topic));
  }

  /** Reads on to what the log ends at now; rejects with what `take` throws. */
  async catchUp(
    take: (partition: number, offset: number, message: KafkaMessage) => void,
  ): Promise<void> {
    const highs = await this.highWatermarks();
    const isRead = (partition: number) =>
      (this.ends.get(partition) ?? 0) >= (highs.get(partition) ?? 0);
    if ([...highs.keys()].every(isRead)) return;
    let problem: Error | undefined;
    const consumer = this.kafka.consumer({ groupId: `recount-${this.topic}-${Date.now()}` });
    try {
      await consumer.connect();
      await consumer.subscribe({ topics: [this.topic], fromBeginning: true });
      await consumer.run({
        autoCommit: false,
        eachMessage: async ({ partition, message }) => {
          try {
            if (this.advance(partition, Number(message.offset)))
              take(partition, Number(message.offset), message);
          } catch (error) {
            problem ??= error instanceof Error ? error : new Error(String(error)); // the client would try again for ever
          }
        },
      });
      for (const partition of highs.keys())
        consumer.seek({
          topic: this.topic,
          partition,
          offset: String(this.ends.get(partition) ?? 0),
        });
      const isDone = () => problem !== undefined || [...highs.keys()].every(isRead);
      await until(`${this.topic} is read to its end`, isDone);
      if (problem !== undefined) throw problem;
    } finally {
      await consumer.disconnect();
    }
  }

  /** False: it was read before. */
  private advance(partition: number, offset: number): boolean {
    const expected = this.ends.get(partition) ?? 0;
    if (offset < expected) return false;
    if (offset > expected)
      throw new Error(`partition ${partition} goes on at ${offset} instead of ${expected}`);
    this.ends.set(partition, offset + 1);
    return true;
  }

  private highWatermarks(): Promise<Map<number, number>> {
    return this.asAdmin(async (admin) => {
      const offsets = await admin.fetchTopicOffsets(this.topic);
      return new Map(offsets.map(({ partition, high }) => [partition, Number(high)]));
    });
  }

  private async asAdmin<T>(work: (admin: kafkajs.Admin) => Promise<T>): Promise<T> {
    const admin = this.kafka.admin();
    await admin.connect();
    try {
      return await work(admin);
    } finally {
      await admin.disconnect();
    }
  }
}
