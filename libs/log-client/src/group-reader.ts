import type { LogRecord } from '@tally/contracts';
import type { Logger } from '@tally/service-kit';
import type { Consumer, EachBatchPayload, KafkaMessage } from 'kafkajs';
import { DamageSearch } from './damage-search.js';
import { firstUnexpected } from './first-unexpected.js';
import { farewell } from './farewell.js';
import { createKafka, type KafkaConfig } from './kafka.js';
import { logFailure } from './log-failure.js';

/** One record that was read. */
export interface ReadRecord extends LogRecord {
  /** W3C trace context of the first sampled request in the record; '' without one. */
  readonly traceparent: string;
}

/** Some partitions of the topic are this reader's, until `signal` is aborted. */
export interface Assignment {
  readonly partitions: readonly number[];
  /** Aborted when the group assigns anew, and when the reader stops. */
  readonly signal: AbortSignal;
  /** Starts to deliver from this offset, or goes there. Before the first call nothing is delivered. */
  readFrom(partition: number, offset: bigint): void;
  /** Delivers nothing more of this partition until `readFrom`. */
  stopReading(partition: number): void;
  /** Delivers nothing more until `resume`. */
  pause(): void;
  resume(): void;
}

/** Which topic is read how, and who is told of it. */
export interface GroupReaderOptions {
  readonly kafka: KafkaConfig;
  readonly logger: Logger;
  readonly groupId: string;
  readonly topic: string;
  readonly sessionTimeoutMs: number;
  /** How long a fetch waits for `minBytes`; also the longest until a resumed partition is read. */
  readonly maxWaitMs: number;
  /** Of all partitions together. */
  readonly minBytes: number;
  readonly maxBytesPerPartition: number;
  onAssigned(assignment: Assignment): void;
  /**
   * Consecutive records, the first being the one that was expected. Awaited before the next. A
   * failure is a bug: what is known of the partition is not trusted any more.
   */
  onRecords(
    assignment: Assignment,
    partition: number,
    records: readonly ReadRecord[],
  ): Promise<void>;
  /** The log did not go on where it should: this partition is not read further. */
  onSkipped(assignment: Assignment, partition: number, expected: bigint, got: bigint): void;
  /** The log cannot read the record at `offset`: this partition is not read further. */
  onDamaged(assignment: Assignment, partition: number, offset: bigint): void;
  /** The client lost the log and begins again by itself. */
  onRestart(error: Error): void;
  /** Nothing is read any more: a bug of `onRecords`, or what the client cannot mend. */
  onGivenUp(error: unknown): void;
}

/** Positions in one generation of the group. */
class GroupAssignment implements Assignment {
  readonly expected = new Map<number, bigint>();
  private readonly controller = new AbortController();
  readonly signal = this.controller.signal;
  private paused = false;

  constructor(
    readonly partitions: readonly number[],
    private readonly topic: string,
    private readonly consumer: Consumer,
    private readonly search: DamageSearch,
    private readonly onDamaged: (partition: number, offset: bigint) => void,
  ) {
    if (partitions.length > 0) consumer.pause([{ topic, partitions: [...partitions] }]);
  }

  readFrom(partition: number, offset: bigint): void {
    if (this.signal.aborted) return;
    this.expected.set(partition, offset);
    this.consumer.seek({ topic: this.topic, partition, offset: String(offset) });
    if (!this.search.isDamagedAt(partition, offset)) return this.search.add(partition);
    // Told later: who asked is not done with asking.
    setImmediate(() => {
      if (this.expected.get(partition) !== offset) return;
      this.stopReading(partition);
      this.onDamaged(partition, offset);
    });
  }

  /** The search says so. */
  read(partition: number): void {
    if (this.paused || this.signal.aborted) return;
    this.consumer.resume([{ topic: this.topic, partitions: [partition] }]);
  }

  stopReading(partition: number): void {
    if (this.signal.aborted) return;
    this.expected.delete(partition);
    this.pauseOne(partition);
    this.search.drop(partition);
  }

  pauseOne(partition: number): void {
    if (this.signal.aborted) return;
    this.consumer.pause([{ topic: this.topic, partitions: [partition] }]);
  }

  pause(): void {
    if (this.paused || this.signal.aborted) return;
    this.paused = true;
    this.consumer.pause([{ topic: this.topic, partitions: [...this.expected.keys()] }]);
  }

  resume(): void {
    if (!this.paused || this.signal.aborted) return;
    this.paused = false;
    const partitions = [...this.expected.keys()].filter((one) => this.search.mayRead(one));
    this.consumer.resume([{ topic: this.topic, partitions }]);
  }

  end(): void {
    this.controller.abort();
  }
}

/**
 * A member of a consumer group that decides itself where it reads: the group only says which
 * partitions are whose, and no offset is committed. The client skips silently what the log no longer
 * has; here a partition that does not go on at the expected offset is stopped and reported.
 */
export class GroupReader {
  private readonly consumer: Consumer;
  private assignment: GroupAssignment | undefined;
  private readonly search = new DamageSearch({
    read: (partition) => this.assignment?.read(partition),
    pause: (partition) => this.assignment?.pauseOne(partition),
  });
  private isStopped = false;

  constructor(private readonly options: GroupReaderOptions) {
    const { kafka, logger, groupId, sessionTimeoutMs, maxWaitMs, minBytes, maxBytesPerPartition } =
      options;
    this.consumer = createKafka(kafka, logger).consumer({
      groupId,
      allowAutoTopicCreation: false,
      sessionTimeout: sessionTimeoutMs,
      rebalanceTimeout: sessionTimeoutMs,
      heartbeatInterval: Math.floor(sessionTimeoutMs / 5),
      maxWaitTimeInMs: maxWaitMs,
      minBytes,
      maxBytesPerPartition,
      retry: {
        initialRetryTime: 100,
        maxRetryTime: 1000,
        retries: 5,
        restartOnFailure: async () => !this.isStopped,
      },
    });
  }

  /** Joins the group. TallyError `unavailable` when the log does not let it; `stop` is due then. */
  async start(): Promise<void> {
    try {
      await this.join();
    } catch (cause) {
      throw logFailure('could not join the group', cause);
    }
  }

  /** Leaves the group, or is missed there soon where the log is away. Never fails. */
  async stop(): Promise<void> {
    this.isStopped = true;
    this.assignment?.end();
    await farewell(this.consumer, this.options.logger);
  }

  private async join(): Promise<void> {
    const { topic, logger, onAssigned, onDamaged, onRestart, onGivenUp } = this.options;
    const { consumer } = this;
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      this.assignment?.end();
      if (this.isStopped) {
        // Stopped between a crash and the next try, which the client makes all the same: it would
        // keep partitions that nobody reads.
        void farewell(consumer, logger);
        return;
      }
      const partitions = payload.memberAssignment[topic] ?? [];
      this.search.begin();
      const assignment = new GroupAssignment(
        partitions,
        topic,
        consumer,
        this.search,
        (partition, offset) => onDamaged(assignment, partition, offset),
      );
      this.assignment = assignment;
      onAssigned(assignment);
    });
    consumer.on(consumer.events.REBALANCING, () => this.assignment?.end());
    // Before a crash is told, and what asks the client for anything from here on is a bug to it.
    consumer.on(consumer.events.STOP, () => this.assignment?.end());
    consumer.on(consumer.events.FETCH_START, () => this.search.onFetchBegun());
    consumer.on(consumer.events.FETCH, () => this.search.onFetched());
    consumer.on(consumer.events.CRASH, ({ payload: { error, restart } }) => {
      this.assignment?.end();
      this.search.onCrash(error, (partition) => this.assignment?.expected.get(partition));
      if (restart) onRestart(error);
      else if (!this.isStopped) onGivenUp(error);
    });
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      // One at a time: counting is one thread's work anyway, and memory stays bounded.
      partitionsConsumedConcurrently: 1,
      eachBatch: (payload) => this.deliver(payload),
    });
  }

  private async deliver(payload: EachBatchPayload): Promise<void> {
    const { batch, resolveOffset, heartbeat, isRunning, isStale } = payload;
    const { assignment } = this;
    const expected = assignment?.expected.get(batch.partition);
    if (assignment === undefined || expected === undefined) return;
    if (assignment.signal.aborted || !isRunning() || isStale()) return;
    const [first] = batch.messages;
    const last = batch.messages.at(-1);
    if (first === undefined || last === undefined) return;
    const got = firstUnexpected(batch.messages, expected);
    if (got !== undefined) {
      assignment.stopReading(batch.partition);
      this.options.onSkipped(assignment, batch.partition, expected, got);
      return;
    }
    assignment.expected.set(batch.partition, BigInt(last.offset) + 1n);
    try {
      await this.options.onRecords(assignment, batch.partition, batch.messages.map(toRecord));
    } catch (error) {
      // The client would deliver the same again, for ever.
      assignment.end();
      this.options.onGivenUp(error);
      return;
    }
    resolveOffset(last.offset);
    await heartbeat();
  }
}

function toRecord({ offset, timestamp, value, headers }: KafkaMessage): ReadRecord {
  return {
    offset: BigInt(offset),
    timestampMs: Number(timestamp),
    value,
    traceparent: headers?.['traceparent']?.toString() ?? '',
  };
}
