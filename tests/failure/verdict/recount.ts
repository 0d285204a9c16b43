import {
  decodeBlock,
  decodeEvent,
  ENTRY_HEADER_BYTES,
  MINUTE_MS,
  readEntries,
} from '@tally/contracts';
import kafkajs, { type Kafka, type KafkaMessage } from 'kafkajs';
import { until } from '../rig/until.js';
import type { Figures } from './stats.js';

/** The default of TALLY_DEDUP_WINDOW_MS, as the stack has it: what comes again within it is a duplicate. */
const DEDUP_WINDOW_MS = 10 * MINUTE_MS;

/** An event of the log that counts, and where it lies. */
export interface CountedEvent {
  readonly id: string;
  readonly subject: string;
  readonly minuteMs: number;
  readonly cents: number;
  readonly partition: number;
  readonly offset: number;
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
  private readonly windows = new Map<number, Map<string, number>>();
  private readonly appendMs = new Map<number, number>();
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
        minuteMs: Math.floor(event.time / MINUTE_MS) * MINUTE_MS,
        cents: Math.round(unscaled * 10 ** (2 - scale)),
      });
    }
  }

  private isDuplicate(partition: number, id: string, appendMs: number): boolean {
    let window = this.windows.get(partition);
    if (window === undefined) this.windows.set(partition, (window = new Map<string, number>()));
    const before = window.get(id);
    window.set(id, appendMs);
    return before !== undefined && appendMs - before <= DEDUP_WINDOW_MS;
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
