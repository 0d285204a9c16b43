import {
  arrivalOf,
  contentHash,
  decodeEvent,
  END_OF_TIME_MS,
  ENTRY_HEADER_BYTES,
  EventScanner,
  expiryBounds,
  FINGERPRINT_AT,
  isVoid,
  MINUTE_MS,
  readEntries,
  RETENTION_CLASSES,
  type Event,
  type EventTypeDefinition,
  type ExpiryBounds,
  type Fate,
} from '@tally/contracts';
import { slotOf, type ShardMap } from '@tally/placement';
import type { OffsetSet } from '../coverage/offset-set.js';
import { DedupWindow, type Occurrence } from '../dedup/dedup-window.js';
import { NO_SERIES, type SeriesTable } from '../series/series-table.js';
import { isExactDecimal } from '../sums/decimal.js';
import type { BlockRecord } from './block-record.js';
import { noFates, type EventsByFate, type ShardDelta } from './shard-delta.js';

/** What the meaning of an event follows from, beside the log. */
export interface CountingRules {
  readonly shardMap: ShardMap;
  readonly series: SeriesTable;
  /** What a type means in that version of the registry. */
  readonly definition: (
    project: string,
    type: string,
    registryVersion: number,
  ) => EventTypeDefinition;
}

/** What became of the events of one record. */
export interface RecordCounts extends Readonly<EventsByFate> {
  /** Why the whole record, or the first dead event of it, cannot be read. */
  readonly reason?: string;
}

/** A shard that does not have the record yet, and the fates of the record's events there. */
interface OpenDelta {
  readonly delta: ShardDelta;
  readonly events: EventsByFate;
}

/** By shard. */
type OpenDeltas = (OpenDelta | undefined)[];

/**
 * Folds the records of one partition, in the order of the log, into one delta per shard. What an
 * event does depends on the log alone: never on the clock, on restarts or on how flushes are cut.
 */
export class PartitionCounter {
  private readonly window: DedupWindow;
  private readonly expiry: ExpiryBounds;
  private readonly event = new EventScanner();
  private latestAppendMs = 0;

  /**
   * @param covered By shard: offsets that need not be counted again. Must not change meanwhile.
   */
  constructor(
    private readonly partition: number,
    dedupWindowMs: number,
    private readonly covered: ReadonlyMap<number, OffsetSet>,
    private readonly rules: CountingRules,
  ) {
    this.window = new DedupWindow(dedupWindowMs);
    this.expiry = expiryBounds(dedupWindowMs);
  }

  /** Append time of the last record: the running maximum, as another leader's clock may be behind. */
  get appendMs(): number {
    return this.latestAppendMs;
  }

  /** Fingerprints that its dedup window has. */
  get windowSize(): number {
    return this.window.size;
  }

  /** Forgets what makes neither this record, which is the next, nor a later one a duplicate. */
  forgetBefore({ timestampMs }: BlockRecord): void {
    this.window.forgetBefore(Math.max(timestampMs, this.latestAppendMs));
  }

  /** Whether one of the shards of these deltas still has to count what lies at this offset. */
  isLacked(offset: bigint, deltas: ReadonlyMap<number, ShardDelta>): boolean {
    for (const shard of deltas.keys())
      if (this.covered.get(shard)?.has(offset) !== true) return true;
    return false;
  }

  /**
   * A record before the first one that counts: its events are remembered, nothing else. Those of a void
   * block are not: what a client sends again after it is counted, and no duplicate of it.
   */
  remember(record: BlockRecord): void {
    const appendMs = this.advance(record);
    const { block } = record;
    if (block.kind !== 'block' || isVoid(block.notAfterMs, appendMs, this.expiry)) return;
    const entries = readEntries(block.body, block.count);
    if (entries.kind !== 'entries') return;
    for (let index = 0; index < block.count; index++)
      this.occurrence(block.body, entries.starts, index, appendMs);
  }

  /** @param deltas By shard; what goes to other shards is not summed up. */
  count(record: BlockRecord, deltas: ReadonlyMap<number, ShardDelta>): RecordCounts {
    const appendMs = this.advance(record);
    const open: OpenDeltas = [];
    for (const [shard, delta] of deltas) {
      if (this.covered.get(shard)?.has(record.offset) === true) continue;
      delta.begin();
      open[shard] = { delta, events: noFates() };
    }
    const counts = this.countInto(record.block, appendMs, open);
    for (const to of open) to?.delta.complete(this.partition, record.offset, appendMs, to.events);
    return counts;
  }

  private countInto(block: BlockRecord['block'], appendMs: number, open: OpenDeltas): RecordCounts {
    if (block.kind !== 'block') return this.deadRecord(open, block.reason);
    if (isVoid(block.notAfterMs, appendMs, this.expiry)) return this.voidBlock(open, block.count);
    const entries = readEntries(block.body, block.count);
    if (entries.kind !== 'entries') return this.deadRecord(open, entries.reason);

    const counts = noFates();
    let reason: string | undefined;
    // The gateway judged by the same: what it accepted is not too late for the time its append took.
    const arrivedMs = arrivalOf(block.notAfterMs, appendMs, this.expiry);
    const { event, rules, window } = this;
    const { shardMap, series: table } = rules;
    const { body, count, schemaId, registryVersion } = block;
    for (let index = 0; index < count; index++) {
      const start = entries.starts[index] ?? 0;
      const end = entries.starts[index + 1] ?? 0;
      const series = this.find(schemaId, body, start + ENTRY_HEADER_BYTES, end);
      const occurrence = window.record(body, start + FINGERPRINT_AT, appendMs, event.content);
      if (series === NO_SERIES) {
        counts.dead += 1;
        reason ??= `event ${index} of the block is not one of schema ${schemaId}`;
        const slot = slotOf(body, start + FINGERPRINT_AT);
        const to = open[shardMap.shardOf(slot)];
        if (to !== undefined) to.events.dead += 1;
        continue;
      }
      const { maxAgeMs, retention, dimensions } = this.definitionOf(series, registryVersion);
      const isTooLate = maxAgeMs !== null && arrivedMs - event.timeMs > maxAgeMs;
      const fate = occurrence !== 'first' ? occurrence : isTooLate ? 'tooLate' : 'counted';
      counts[fate] += 1;
      const to = open[table.shardOf(series)];
      if (to === undefined) continue;
      to.events[fate] += 1;
      if (fate !== 'counted') continue;
      const minute = Math.floor(event.timeMs / MINUTE_MS);
      const retentionClass = RETENTION_CLASSES.indexOf(retention);
      to.delta.add(series, minute, retentionClass, event);
      if (dimensions.length === 0) continue;
      const whole = decodeEvent(schemaId, body, start + ENTRY_HEADER_BYTES, end);
      if (whole === undefined) throw new Error('expected an event that was found to be one');
      to.delta.add(table.split(whole, dimensions), minute, retentionClass, event);
    }
    return reason === undefined ? counts : Object.assign(counts, { reason });
  }

  /** The series of the event that lies there, which is `event` then; NO_SERIES if it is none. */
  private find(schemaId: number, body: Buffer, from: number, to: number): number {
    const { event, rules } = this;
    const isUsual =
      event.scan(schemaId, body, from, to) && (!event.isValued || isExactDecimal(event));
    const known = isUsual ? rules.series.named(body, event) : NO_SERIES;
    if (known !== NO_SERIES) return known;
    const decoded = decodeEvent(schemaId, body, from, to);
    event.take(decoded, body, from, to);
    if (decoded === undefined || !isCountable(decoded)) return NO_SERIES;
    return rules.series.all(decoded);
  }

  private definitionOf(series: number, registryVersion: number): EventTypeDefinition {
    const known = this.rules.series.typeOf(series);
    if (known.definition !== undefined && known.registryVersion === registryVersion)
      return known.definition;
    known.registryVersion = registryVersion;
    return (known.definition = this.rules.definition(known.project, known.type, registryVersion));
  }

  /** Tells the window of an event of a block, once. */
  private occurrence(
    body: Buffer,
    starts: Uint32Array,
    index: number,
    appendMs: number,
  ): Occurrence {
    const start = starts[index] ?? 0;
    const content = contentHash(body, start + ENTRY_HEADER_BYTES, starts[index + 1] ?? 0);
    return this.window.record(body, start + FINGERPRINT_AT, appendMs, content);
  }

  /** A record that is no block stands in the ledger as one dead event, at the shard of slot 0. */
  private deadRecord(open: OpenDeltas, reason: string): RecordCounts {
    this.bookWhole(open, 'dead', 1);
    return Object.assign(noFates(), { dead: 1, reason });
  }

  /** Its events are not looked at: all stand in the ledger at the shard of slot 0. */
  private voidBlock(open: OpenDeltas, events: number): RecordCounts {
    this.bookWhole(open, 'expired', events);
    return Object.assign(noFates(), { expired: events });
  }

  private bookWhole(open: OpenDeltas, fate: Fate, events: number): void {
    const to = open[this.rules.shardMap.shardOf(0)];
    if (to !== undefined) to.events[fate] += events;
  }

  private advance({ timestampMs }: BlockRecord): number {
    if (timestampMs > this.latestAppendMs) this.latestAppendMs = timestampMs;
    return this.latestAppendMs;
  }
}

/**
 * What the gateway checks and storage relies on, and no decoder: a block may come from elsewhere. The
 * names of project and type are checked with their first series.
 */
function isCountable({ id, subject, time, value }: Event): boolean {
  return (
    id !== '' &&
    subject !== '' &&
    time >= 0 &&
    time < END_OF_TIME_MS &&
    (value === null || isExactDecimal(value))
  );
}
