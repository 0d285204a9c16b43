import {
  AppendClient,
  type AppendRecord,
  type KafkaConfig,
  type LogAdmin,
} from '@tally/log-client';
import type { EventsTopic } from '@tally/placement';
import type { Logger } from '@tally/service-kit';

export interface SideTopicOptions {
  /** Beside which it is. */
  readonly topic: EventsTopic;
  readonly kafka: KafkaConfig;
  readonly admin: LogAdmin;
  readonly logger: Logger;
}

/**
 * A topic beside one of events, with as many partitions. It is made when the first record is written: many
 * installations never need it. Every failure is a TallyError `unavailable`.
 */
export class SideTopic {
  private readonly appender: AppendClient;
  private isKnown = false;

  constructor(
    readonly name: string,
    private readonly options: SideTopicOptions,
  ) {
    this.appender = new AppendClient(options.kafka, options.logger);
  }

  async isThere(): Promise<boolean> {
    this.isKnown ||= await this.options.admin.hasTopic(this.name);
    return this.isKnown;
  }

  /** Resolves when all are durable. */
  async append(records: readonly AppendRecord[]) {
    const { admin, topic } = this.options;
    if (!this.isKnown) await admin.createTopic(this.name, topic.partitions);
    this.isKnown = true;
    return this.appender.append(this.name, records, {});
  }

  close(): Promise<void> {
    return this.appender.close();
  }
}
