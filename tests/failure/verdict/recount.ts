import {
  decodeBlock,
  decodeEvent,
  ENTRY_HEADER_BYTES,
  MINUTE_MS,
  readEntries,
  type Event,
} from '@tally/contracts';
import type { KafkaMessage } from 'kafkajs';
import { trafficOf, type Attributes } from '../traffic/traffic.js';
import type { Figures } from './stats.js';
import { TopicReader } from './topic-reader.js';

/** What becomes of an event of the log. */
export type LoggedFate = 'counted' | 'duplicates' | 'tooLate' | 'dead' | 'expired';

/** An event of the log, where it lies, and what must become of it. */
export interface LoggedEvent {
  readonly id: string;
  readonly type: string;
  readonly subject: string;
  readonly minuteMs: number;
  readonly cents: number;
  readonly attributes: Attributes;
  /** Of the catalogue, as its block names it. */
  readonly catalogPosition: number;
  readonly partition: number;
  readonly offset: number;
  /** In its block. */
  readonly index: number;
  readonly fate: LoggedFate;
  /** Whether it counts although it came before: the record by which that was known is given up. */
  readonly isAgain: boolean;
}

/** What of a block does not depend on the event. */
interface Place {
  readonly partition: number;
  readonly offset: number;
  readonly appendMs: number;
}

/** What the header of a block says. */
interface Said {
  /** undefined: it does not say it. */
  readonly notAfterMs: number | undefined;
  readonly catalogPosition: number;
}

/** What a fault wrote that is no event. */
const NOTHING = { id: '', type: '', subject: '', minuteMs: 0, cents: 0, attributes: {} };

/**
 * A second opinion: reads the log as any Kafka client can and counts by the rule alone, with a plain
 * map of ids, knowing nothing of flushes, shards or coverage.
 */
export class Recount {
  /** Whatever a client was told, this is what the log has, in the order of each partition. */
  readonly events: LoggedEvent[] = [];
  /** `partition/offset` of what a fault wrote itself: each is one dead event. */
  readonly foreign = new Set<string>();
  private readonly reader: TopicReader;
  /** By partition: ids of the log before its window was forgotten. */
  private readonly forgotten = new Map<number, Set<string>>();
  private readonly windows = new Map<number, Map<string, number>>();
  private readonly appendMs = new Map<number, number>();

  constructor(
    brokers: string,
    readonly topic: string,
    /** What comes again within it is a duplicate. */
    readonly dedupWindowMs: number,
    /** Of the event types: what is declared of our types is in force from it on. */
    readonly registryVersion: number,
  ) {
    this.reader = new TopicReader(brokers, topic);
  }

  /** By partition: the next offset to read. */
  get ends(): ReadonlyMap<number, number> {
    return this.reader.ends;
  }

  /** Reads on to what the log ends at now. */
  async catchUp(): Promise<void> {
    await this.reader.catchUp((partition, offset, message) =>
      this.take(partition, offset, message),
    );
  }

  count(fate: LoggedFate): number {
    return this.events.filter((event) => event.fate === fate).length;
  }

  /** What was read of a partition is gone: it is no window for what comes. */
  forgetWindow(partition: number): void {
    const ids = this.forgotten.get(partition) ?? new Set();
    for (const id of this.windows.get(partition)?.keys() ?? []) ids.add(id);
    this.forgotten.set(partition, ids);
    this.windows.delete(partition);
  }

  private take(partition: number, offset: number, { timestamp, value }: KafkaMessage): void {
    const appendMs = Math.max(Number(timestamp), this.appendMs.get(partition) ?? 0);
    this.appendMs.set(partition, appendMs);
    const place = { partition, offset, appendMs };
    if (this.foreign.has(`${partition}/${offset}`)) {
      const nowhere = { catalogPosition: 0, index: 0, isAgain: false };
      this.events.push({ ...NOTHING, ...nowhere, partition, offset, fate: 'dead' });
      return;
    }
    const block = value === null ? undefined : decodeBlock(value);
    if (block?.kind !== 'block') throw new Error(`offset ${offset} of ${partition} is no block`);
    if (block.registryVersion < this.registryVersion)
      throw new Error(`a block names version ${block.registryVersion} of the event types`);
    const entries = readEntries(block.body, block.count);
    if (entries.kind !== 'entries') throw new Error(entries.reason);
    const said = headerOf(value ?? Buffer.alloc(0));
    for (let index = 0; index < block.count; index++) {
      const start = (entries.starts[index] ?? 0) + ENTRY_HEADER_BYTES;
      const bytes = block.body.subarray(start, entries.starts[index + 1]);
      const event = decodeEvent(block.schemaId, bytes);
      if (event === undefined) throw new Error(`event ${index} of offset ${offset} is unreadable`);
      this.add(place, said, index, event);
    }
  }

  private add(place: Place, said: Said, index: number, event: Event): void {
    const { partition, offset } = place;
    const { id, type, subject, attributes } = event;
    const fate = this.fateOf(place, said.notAfterMs, event);
    const { unscaled, scale } = event.value ?? { unscaled: 0, scale: 0 };
    this.events.push({
      id,
      type,
      subject,
      attributes,
      partition,
      offset,
      index,
      fate,
      isAgain: this.forgotten.get(partition)?.has(id) ?? false,
      catalogPosition: said.catalogPosition,
      minuteMs: Math.floor(event.time / MINUTE_MS) * MINUTE_MS,
      cents: Math.round(unscaled * 10 ** (2 - scale)),
    });
  }

  private fateOf(
    { partition, appendMs }: Place,
    notAfterMs: Said['notAfterMs'],
    { id, type, time }: Event,
  ): LoggedFate {
    const leftMs = notAfterMs === undefined ? 0 : notAfterMs - appendMs;
    if (leftMs < 0 || leftMs * 3 > this.dedupWindowMs) return 'expired';
    if (this.isDuplicate(partition, id, appendMs)) return 'duplicates';
    const maxAgeMs = trafficOf(type)?.maxAgeMs ?? Infinity;
    const arrivedMs =
      notAfterMs === undefined ? appendMs : notAfterMs - Math.floor(this.dedupWindowMs / 4);
    return arrivedMs - time > maxAgeMs ? 'tooLate' : 'counted';
  }

  private isDuplicate(partition: number, id: string, appendMs: number): boolean {
    let window = this.windows.get(partition);
    if (window === undefined) this.windows.set(partition, (window = new Map<string, number>()));
    const before = window.get(id);
    window.set(id, appendMs);
    return before !== undefined && appendMs - before <= this.dedupWindowMs;
  }
}

/** By its bytes: version at 2, from version 2 on until when at 16, from version 3 on a position at 24. */
function headerOf(value: Buffer): Said {
  const version = value[2] ?? 0;
  return {
    notAfterMs: version < 2 ? undefined : Number(value.readBigUInt64BE(16)),
    catalogPosition: version < 3 ? 0 : Number(value.readBigUInt64BE(24)),
  };
}

/** Sums events by a key. */
export function sumBy(
  events: Iterable<LoggedEvent>,
  keyOf: (event: LoggedEvent) => string,
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
