import type { Logger } from '@tally/service-kit';
import kafkajs, { type Producer } from 'kafkajs';
import { farewell } from './farewell.js';
import { createKafka, type KafkaConfig } from './kafka.js';
import { logFailure } from './log-failure.js';

/** One record to append, and to which partition. */
export interface AppendRecord {
  readonly partition: number;
  readonly value: Buffer;
}

/** A record that is durable, and when the log took it: ms since 1970 by the clock of its leader. */
export interface Appended {
  readonly partition: number;
  readonly appendMs: number;
}

/**
 * Appends records and resolves when all are durable. Never the client's idempotent mode: with one
 * lost answer and concurrent sends that mode loses and duplicates records. A failed append may have
 * been made, and one that succeeded may lie in the log twice: readers recognise duplicates.
 */
export class AppendClient {
  private readonly producer: Producer;
  private connecting: Promise<void> | undefined;

  constructor(
    config: KafkaConfig,
    private readonly logger: Logger,
  ) {
    this.producer = createKafka(config, logger).producer({
      allowAutoTopicCreation: false,
      idempotent: false,
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
      // Bounds what is open at once; further sends wait in the client.
      maxInFlightRequests: 8,
    });
  }

  /**
   * One entry for each partition that got any: all its records were taken at once. TallyError
   * `unavailable`: the log did not confirm, or did not say when; the records may or may not be in it.
   */
  async append(
    topic: string,
    records: readonly AppendRecord[],
    headers: Readonly<Record<string, string>>,
  ): Promise<Appended[]> {
    try {
      await this.connect();
      const answers = await this.producer.send({
        topic,
        acks: -1,
        compression: kafkajs.CompressionTypes.None,
        messages: records.map(({ partition, value }) => ({ partition, value, headers })),
      });
      const appended = answers.map(({ partition, logAppendTime }) => ({
        partition,
        appendMs: appendTimeOf(logAppendTime),
      }));
      const answered = new Set(appended.map(({ partition }) => partition));
      const missing = records.find(({ partition }) => !answered.has(partition));
      if (missing !== undefined) throw new Error(`no answer for partition ${missing.partition}`);
      return appended;
    } catch (cause) {
      throw logFailure('the log did not confirm the append', cause);
    }
  }

  close(): Promise<void> {
    return farewell(this.producer, this.logger);
  }

  /** Once for all; again after a failure. */
  private connect(): Promise<void> {
    this.connecting ??= this.producer.connect().catch((error: unknown) => {
      this.connecting = undefined;
      throw error;
    });
    return this.connecting;
  }
}

/** -1 from a topic that does not stamp records with the clock of the log. */
function appendTimeOf(logAppendTime: string | undefined): number {
  const appendMs = Number(logAppendTime ?? -1);
  if (appendMs < 0) throw new Error(`expected when it was appended, got ${logAppendTime}`);
  return appendMs;
}
