import { deadLettersTopic, type StandingRange } from '@tally/contracts';
import { standingBy, type Standing } from '@tally/counting';
import { AppendClient, LogReader, type KafkaConfig, type LogAdmin } from '@tally/log-client';
import type { EventsTopic } from '@tally/placement';
import type { Logger } from '@tally/service-kit';

/** One letter is wanted; the batch that has it comes whole. */
const READ = { maxBytes: 1, maxWaitMs: 0 };

export interface DeadLettersTopicOptions {
  readonly topic: EventsTopic;
  readonly kafka: KafkaConfig;
  readonly admin: LogAdmin;
  readonly logger: Logger;
}

/**
 * The topic of dead letters beside one of events, with as many partitions. It is made when the first
 * letter is written: most installations never need it. Every failure is a TallyError `unavailable`.
 */
export class DeadLettersTopic {
  private readonly name: string;
  private readonly appender: AppendClient;
  private readonly reader: LogReader;
  private isThere = false;

  constructor(private readonly options: DeadLettersTopicOptions) {
    const { topic, kafka, logger } = options;
    this.name = deadLettersTopic(topic.name);
    this.appender = new AppendClient(kafka, logger);
    this.reader = new LogReader(kafka);
  }

  /** By partition, the first letter that there is. */
  async firstLetters(): Promise<ReadonlyMap<number, bigint>> {
    const bounds = await this.options.admin.bounds(this.name);
    return new Map([...bounds].map(([partition, { low }]) => [partition, low]));
  }

  /** What stands in letters of these partitions, as the last one of each says. */
  async standing(partitions: readonly number[]): Promise<Standing> {
    const { admin } = this.options;
    const standing = new Map<number, StandingRange[]>();
    this.isThere ||= await admin.hasTopic(this.name);
    if (!this.isThere) return standing;
    const bounds = await admin.bounds(this.name);
    const last = new Map<number, bigint>();
    for (const partition of partitions) {
      const { low = 0n, high = 0n } = bounds.get(partition) ?? {};
      if (low < high) last.set(partition, high - 1n);
    }
    if (last.size === 0) return standing;
    for (const { partition, records } of await this.reader.read(this.name, last, READ)) {
      const within = bounds.get(partition);
      if (within !== undefined) standing.set(partition, standingBy(records[0]?.value, within));
    }
    return standing;
  }

  /** Resolves with the offset of the letter once it is durable. */
  async append(partition: number, letter: Buffer): Promise<bigint> {
    const { admin, topic } = this.options;
    if (!this.isThere) await admin.createTopic(this.name, topic.partitions);
    this.isThere = true;
    const [appended] = await this.appender.append(this.name, [{ partition, value: letter }], {});
    if (appended === undefined) throw new Error('expected an append that was confirmed');
    return appended.offset;
  }

  async close(): Promise<void> {
    await this.appender.close();
    await this.reader.close();
  }
}
