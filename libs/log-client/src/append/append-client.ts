import {
  buildRecordBatch,
  KAFKA_ERRORS,
  produce,
  type KeyValue,
  type ProducedPartition,
} from '@tally/kafka-wire';
import { Backoff, keepTrying } from '@tally/resilience';
import type { Logger } from '@tally/service-kit';
import { longestAppendMs, RETRY, type KafkaConfig } from '../kafka.js';
import { logFailure } from '../log-failure.js';
import { Brokers } from './brokers.js';
import { byLeader, TopicLeaders } from './leaders.js';
import { errorOf, LogRefusal } from './log-refusal.js';

/** One record to append, and to which partition. */
export interface AppendRecord {
  readonly partition: number;
  /** Absent: none. */
  readonly key?: Buffer;
  readonly value: Buffer | null;
}

/** A record that is durable, and when the log took it: ms since 1970 by the clock of its leader. */
export interface Appended {
  readonly partition: number;
  /** Of the first of its records. */
  readonly offset: bigint;
  readonly appendMs: number;
}

/**
 * Appends records and resolves when all are durable. Never as an idempotent producer: with one lost
 * answer and concurrent sends that mode of common clients loses and duplicates records, and readers
 * recognise duplicates. A failed append may have been made, and one that succeeded may lie in the log
 * twice. As much is in flight as is asked for: who calls bounds it.
 */
export class AppendClient {
  private readonly brokers: Brokers;
  private readonly leaders: TopicLeaders;
  private readonly longestMs: number;

  constructor(
    private readonly config: KafkaConfig,
    private readonly logger: Logger,
  ) {
    this.brokers = new Brokers(config);
    this.leaders = new TopicLeaders(this.brokers);
    this.longestMs = longestAppendMs(config.requestTimeoutMs);
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
    const pending: PendingAppend = {
      topic,
      batches: batchesOf(records, headers),
      appended: [],
      giveUpAtMs: performance.now() + this.longestMs,
    };
    try {
      await keepTrying(() => passing(this.attempt(pending)), {
        retryMs: new Backoff({
          firstMs: RETRY.initialRetryTime,
          maxMs: RETRY.maxRetryTime,
          random: Math.random,
        }),
        maxTries: RETRY.retries + 1,
        onFailure: (error) => this.logger.warn({ error, topic }, 'an append is tried again'),
      });
    } catch (cause) {
      throw logFailure('the log did not confirm the append', cause);
    }
    return pending.appended;
  }

  async close(): Promise<void> {
    this.brokers.close();
  }

  /** A LogRefusal is for good; after any other failure what is left may be confirmed soon. */
  private async attempt(pending: PendingAppend): Promise<void> {
    const { topic, batches } = pending;
    const asked = this.leaders.of(topic);
    const parts = byLeader(await asked, batches.keys());
    const outcomes = await Promise.allSettled(
      [...parts].map(([broker, partitions]) => this.send(pending, broker, partitions)),
    );
    const failures = outcomes.flatMap((outcome) =>
      outcome.status === 'rejected' ? [outcome.reason as Error] : [],
    );
    if (batches.size === 0 && failures.length === 0) return;
    this.leaders.forget(topic, asked);
    const [partition] = batches.keys();
    throw (
      failures.find((failure) => failure instanceof LogRefusal) ??
      failures[0] ??
      new Error(`nobody leads partition ${partition}`)
    );
  }

  /** Appends to the partitions that one broker leads. */
  private async send(
    { topic, batches, appended, giveUpAtMs }: PendingAppend,
    broker: string,
    partitions: readonly number[],
  ): Promise<void> {
    const { requestTimeoutMs } = this.config;
    const connection = await this.brokers.to(broker);
    // What is sent later may come in later than anybody reckons with.
    if (performance.now() + requestTimeoutMs > giveUpAtMs) throw new LogRefusal('it took too long');
    const answer = await connection.ask(produce, {
      transactionalId: null,
      acks: -1,
      timeoutMs: requestTimeoutMs,
      topics: [
        {
          name: topic,
          partitions: partitions.map((partition) => ({
            partition,
            records: batches.get(partition) ?? null,
          })),
        },
      ],
    });
    const told = new Map(
      answer.topics
        .flatMap((of) => (of.name === topic ? of.partitions : []))
        .map((of) => [of.partition, of]),
    );
    const failures = partitions.flatMap((partition) => {
      const failure = failureOf(partition, told.get(partition));
      if (failure !== undefined) return [failure];
      batches.delete(partition);
      const { baseOffset: offset = 0n, logAppendTimeMs } = told.get(partition) ?? {};
      appended.push({ partition, offset, appendMs: Number(logAppendTimeMs) });
      return [];
    });
    const failure = failures.find((other) => other instanceof LogRefusal) ?? failures[0];
    if (failure !== undefined) throw failure;
  }
}

interface PendingAppend {
  readonly topic: string;
  /** What is not confirmed, by partition. */
  readonly batches: Map<number, Buffer>;
  readonly appended: Appended[];
  /** By the clock of `performance.now()`. */
  readonly giveUpAtMs: number;
}

function batchesOf(
  records: readonly AppendRecord[],
  headers: Readonly<Record<string, string>>,
): Map<number, Buffer> {
  const all = new Map<number, KeyValue[]>();
  for (const { partition, key = null, value } of records) {
    const others = all.get(partition);
    const record = { key, value, headers };
    if (others === undefined) all.set(partition, [record]);
    else others.push(record);
  }
  const now = Date.now();
  const batches = new Map<number, Buffer>();
  for (const [partition, own] of all) batches.set(partition, buildRecordBatch(own, now));
  return batches;
}

function failureOf(partition: number, told: ProducedPartition | undefined): Error | undefined {
  if (told === undefined) return new Error(`no answer for partition ${partition}`);
  const { errorCode, errorMessage, logAppendTimeMs } = told;
  if (errorCode !== KAFKA_ERRORS.NONE)
    return errorOf(errorCode, `partition ${partition}`, errorMessage);
  // It is there, but nobody can say when it was appended.
  if (logAppendTimeMs < 0n)
    return new LogRefusal(`expected when it was appended, got ${logAppendTimeMs}`);
  return undefined;
}

/** Of what fails, only a refusal is no reason to try again. */
async function passing(attempt: Promise<void>): Promise<void> {
  try {
    await attempt;
  } catch (cause) {
    throw cause instanceof LogRefusal ? cause : logFailure('the log did not answer', cause);
  }
}
