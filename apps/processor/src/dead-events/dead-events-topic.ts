import { deadEventsTopic } from '@tally/contracts';
import {
  AppendClient,
  type AppendRecord,
  type KafkaConfig,
  type LogAdmin,
} from '@tally/log-client';
import type { EventsTopic } from '@tally/placement';
import type { Logger } from '@tally/service-kit';

export interface DeadEventsTopicOptions {
  readonly topic: EventsTopic;
  readonly kafka: KafkaConfig;
  readonly admin: LogAdmin;
  readonly logger: Logger;
}

/**
 * The topic of dead events beside one of events, with as many partitions. It is made when the first is
 * written: many installations never need it. Every failure is a TallyError `unavailable`.
 */
export class DeadEventsTopic {
  private readonly name: string;
  private readonly appender: AppendClient;
  private isThere = false;

  constructor(private readonly options: DeadEventsTopicOptions) {
    const { topic, kafka, logger } = options;
    this.name = deadEventsTopic(topic.name);
    this.appender = new AppendClient(kafka, logger);
  }

  /** Resolves when all are durable. */
  async append(records: readonly AppendRecord[]): Promise<void> {
    const { admin, topic } = this.options;
    if (!this.isThere) await admin.createTopic(this.name, topic.partitions);
    this.isThere = true;
    await this.appender.append(this.name, records, {});
  }

  close(): Promise<void> {
    return this.appender.close();
  }
}
