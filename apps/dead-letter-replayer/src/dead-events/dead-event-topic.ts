import {
  deadEventsTopic,
  decodeDeadEvents,
  MAX_BLOCK_EVENTS,
  type DeadEvents,
} from '@tally/contracts';
import { LogReader, type KafkaConfig, type LogAdmin } from '@tally/log-client';
import type { Place } from './dead-event-places.js';

/** Of one partition, at once. */
export const READ_BYTES = 1 << 20;
/** Read one behind the other for one answer, or in one look: some 0.3 s. */
export const MAX_READ_BYTES = 32 << 20;

/** The dead events of one record of the log, and where they are kept. */
export interface KeptRecord {
  readonly partition: number;
  readonly record: bigint;
  readonly dead: DeadEvents;
}

/** What was read at once, and behind which place. */
export interface KeptBatch {
  readonly records: readonly KeptRecord[];
  readonly end: Place;
}

/** The topic of dead events, to be read and shortened. Every failure is a TallyError `unavailable`. */
export class DeadEventTopic {
  private readonly reader: LogReader;

  constructor(
    kafka: KafkaConfig,
    private readonly admin: LogAdmin,
  ) {
    this.reader = new LogReader(kafka);
  }

  /**
   * All records behind a place, batch by batch, in the order of the partitions and in each in that in
   * which they were written. What nobody can read is passed over.
   *
   * @param partitions Undefined: all.
   */
  async *read(
    eventsTopic: string,
    after: Place | undefined,
    partitions?: ReadonlySet<number>,
  ): AsyncGenerator<KeptBatch> {
    const topic = deadEventsTopic(eventsTopic);
    if (!(await this.admin.hasTopic(topic))) return;
    const bounds = [...(await this.admin.bounds(topic))].sort(([one], [other]) => one - other);
    for (const [partition, { low, high }] of bounds) {
      if (partition < (after?.partition ?? 0) || partitions?.has(partition) === false) continue;
      let next = after?.partition === partition && after.record > low ? after.record : low;
      while (next < high) {
        const [read] = await this.reader.read(topic, new Map([[partition, next]]), {
          maxBytes: READ_BYTES,
          maxWaitMs: 0,
        });
        const last = read?.records.at(-1);
        // It was deleted meanwhile.
        if (read === undefined || last === undefined) break;
        const records = read.records.flatMap(({ offset: record, value }) => {
          const dead = decodeDeadEvents(value ?? Buffer.alloc(0));
          return dead.kind === 'dead events' ? [{ partition, record, dead }] : [];
        });
        yield { records, end: { partition, record: last.offset, index: MAX_BLOCK_EVENTS } };
        next = last.offset + 1n;
      }
    }
  }

  /** Deletes the records of the partition below that one. */
  drop(eventsTopic: string, partition: number, before: bigint): Promise<void> {
    return this.admin.deleteRecords(deadEventsTopic(eventsTopic), partition, before);
  }

  /** Whether the log, by its clock, has events of that instant or later. */
  hasEventsSince(eventsTopic: string, timestampMs: number): Promise<boolean> {
    return this.admin.hasRecordsSince(eventsTopic, timestampMs);
  }

  close(): Promise<void> {
    return this.reader.close();
  }
}
