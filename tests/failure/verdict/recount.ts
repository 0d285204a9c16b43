import {
  decodeBlock,
  decodeEvent,
  ENTRY_HEADER_BYTES,
  MINUTE_MS,
  readEntries,
} from '@tally/contracts';
import type { DimensionValue } from '@tally/placement';
import kafkajs, { type Kafka, type KafkaMessage } from 'kafkajs';
import { until } from '../rig/until.js';
import { UNIQUE } from './estimates.js';
import type { Figures } from './stats.js';

/** An event of the log that counts, and where it lies. */
export interface CountedEvent {
  readonly id: string;
  readonly subject: string;
  readonly minuteMs: number;
  readonly cents: number;
  readonly customer?: DimensionValue | undefined;
  readonly partition: number;
  readonly offset: number;
  /** Whether it counts although it came before: the record by which that was known is given up. */
  readonly isAgain: boolean;
}

/**
 * A second opinion: reads the log as any Kafka client can and counts by the rule alone, with a plain
 * map of ids, knowing nothing of flushes, shards or coverage.
 */
export class Recount {
  /** By event id: whatever a client was told, this is what the log has. */
  readonly events: CountedEvent[] = [];
  /** `partition/offset` of what a fault wrote itself: nothing there counts. */
  readonly foreign = new Set<string>();
  /** By partition: the next offset to read. */
  readonly ends = new Map<number, number>();
  /** By partition: events in the log, duplicates included. */
  readonly appended = new Map<number, number>();
  /** By partition: events of blocks that were appended later than they say, or too long before. */
  readonly expired = new Map<number, number>();
  /** By partition: ids of the log before its window was forgotten. */
  private readonly forgotten = new Map<number, Set<string>>();
  private readonly windows = new Map<number, Map<string, number>>();
  private readonly appendMs = new Map<number, number>();
  private readonly kafka: Kafka;

  constructor(
    brokers: string,
    readonly topic: string,
    /** What comes again within it is a duplicate. */
    readonly dedupWindowMs: number,
  ) {
    this.kafka = new kafkajs.Kafka({
      brokers: brokers.split(','),
      clientId: 'recount',
      logLevel: kafkajs.logLevel.NOTHING,
    });
  }

  /** Reads on to what the log ends at now. */
  async catchUp(): Promise<void> {
    const highs = await this.highWatermarks();
    const isRead = (partition: number) =>
      (this.ends.get(partition) ?? 0) >= (highs.get(partition) ?? 0);
    if ([...highs.keys()].every(isRead)) return;
    let problem: Error | undefined;
    const consumer = this.kafka.consumer({ groupId: `recount-${Date.now()}` });
    try {
      await consumer.connect();
      await consumer.subscribe({ topics: [this.topic], fromBeginning: true });
      await consumer.run({
        autoCommit: false,
        eachMessage: async ({ partition, message }) => {
          try {
            this.take(partition, message);
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
      await until('the log is read to its end', isDone);
      if (problem !== undefined) throw problem;
    } finally {
      await consumer.disconnect();
    }
  }

  /** What was read of a partition is gone: it is no window for what comes. */
  forgetWindow(partition: number): void {
    const ids = this.forgotten.get(partition) ?? new Set();
    for (const id of this.windows.get(partition)?.keys() ?? []) ids.add(id);
    this.forgotten.set(partition, ids);
    this.windows.delete(partition);
  }

  private async highWatermarks(): Promise<Map<number, number>> {
    const admin = this.kafka.admin();
    await admin.connect();
    try {
      const offsets = await admin.fetchTopicOffsets(this.topic);
      return new Map(offsets.map(({ partition, high }) => [partition, Number(high)]));
    } finally {
      await admin.disconnect();
    }
  }

  private take(partition: number, { offset, timestamp, value }: KafkaMessage): void {
    const at = Number(offset);
    const expected = this.ends.get(partition) ?? 0;
    if (at < expected) return; // read before
    if (at > expected)
      throw new Error(`partition ${partition} goes on at ${at} instead of ${expected}`);
    this.ends.set(partition, at + 1);
    const appendMs = Math.max(Number(timestamp), this.appendMs.get(partition) ?? 0);
    this.appendMs.set(partition, appendMs);
    if (this.foreign.has(`${partition}/${offset}`)) return;
    const block = value === null ? undefined : decodeBlock(value);
    if (block?.kind !== 'block') throw new Error(`offset ${at} of ${partition} is no block`);
    const entries = readEntries(block.body, block.count);
    if (entries.kind !== 'entries') throw new Error(entries.reason);
    this.appended.set(partition, (this.appended.get(partition) ?? 0) + block.count);
    if (value !== null && this.isTooLate(value, appendMs)) {
      this.expired.set(partition, (this.expired.get(partition) ?? 0) + block.count);
      return;
    }
    for (let index = 0; index < block.count; index++) {
      const start = (entries.starts[index] ?? 0) + ENTRY_HEADER_BYTES;
      const event = decodeEvent(
        block.schemaId,
        block.body.subarray(start, entries.starts[index + 1]),
      );
      if (event === undefined) throw new Error(`event ${index} of offset ${at} is unreadable`);
      if (this.isDuplicate(partition, event.id, appendMs)) continue;
      const { unscaled, scale } = event.value ?? { unscaled: 0, scale: 0 };
      this.events.push({
        id: event.id,
        subject: event.subject,
        partition,
        offset: at,
        isAgain: this.forgotten.get(partition)?.has(event.id) ?? false,
        minuteMs: Math.floor(event.time / MINUTE_MS) * MINUTE_MS,
        cents: Math.round(unscaled * 10 ** (2 - scale)),
        customer: event.attributes[UNIQUE],
      });
    }
  }

  /** By the bytes of the header: version at 2, from version 2 on until when at 16. */
  private isTooLate(value: Buffer, appendMs: number): boolean {
    if (value[2] === 1) return false;
    const leftMs = value.readBigUInt64BE(16) - BigInt(appendMs);
    return leftMs < 0n || leftMs * 3n > BigInt(this.dedupWindowMs);
  }

  private isDuplicate(partition: number, id: string, appendMs: number): boolean {
    let window = this.windows.get(partition);
    if (window === undefined) this.windows.set(partition, (window = new Map<string, number>()));
    const before = window.get(id);
    window.set(id, appendMs);
    return before !== undefined && appendMs - before <= this.dedupWindowMs;
  }
}

/** Sums events by a key. */
export function sumBy(
  events: Iterable<CountedEvent>,
  keyOf: (event: CountedEvent) => string,
): Map<string, Figures> {
  const sums = new Map<string, Figures>();
  for (const event of events) {
    const key = keyOf(event);
    const figures = sums.get(key);
    if (figures === undefined) sums.set(key, { count: 1, cents: event.cents });
    else {
      figures.count += 1;
      figures.cents += event.cents;
    }
  }
  return sums;
}
