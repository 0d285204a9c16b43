import {
  arrivalOf,
  contentHash,
  decodeEvent,
  END_OF_TIME_MS,
  ENTRY_HEADER_BYTES,
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
import type { Series, SeriesCache } from '../series/series-cache.js';
import { isExactDecimal } from '../sums/decimal.js';
import type { BlockRecord } from './block-record.js';
import { noFates, type EventsByFate, type ShardDelta } from './shard-delta.js';

/** What the meaning of an event follows from, beside the log. */
export interface CountingRules {
  readonly shardMap: ShardMap;
  readonly series: SeriesCache;
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

/** By shard: what does not have the record yet, and the fates of the record's events there. */
type OpenDeltas = Map<number, { readonly delta: ShardDelta; readonly events: EventsByFate }>;

/**
 * Folds the records of one partition, in the order of the log, into one delta per shard. What an
 * event does depends on the log alone: never on the clock, on restarts or on how flushes are cut.
 */
export class PartitionCounter {
  private readonly window: DedupWindow;
  private readonly expiry: ExpiryBounds;
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
    const open: OpenDeltas = new Map();
    for (const [shard, delta] of deltas) {
      if (this.covered.get(shard)?.has(record.offset) === true) continue;
      delta.begin();
      open.set(shard, { delta, events: noFates() });
    }
    const counts = this.countInto(record.block, appendMs, open);
    for (const { delta, events } of open.values())
      delta.complete(this.partition, record.offset, appendMs, events);
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
    const { shardMap, series, definition: definitionOf } = this.rules;
    for (let index = 0; index < block.count; index++) {
      const start = entries.starts[index] ?? 0;
      const occurrence = this.occurrence(block.body, entries.starts, index, appendMs);
      const end = entries.starts[index + 1] ?? 0;
      const event = decodeEvent(block.schemaId, block.body, start + ENTRY_HEADER_BYTES, end);
      const all = event !== undefined && isCountable(event) ? series.all(event) : undefined;
      if (event === undefined || all === undefined) {
        counts.dead += 1;
        reason ??= `event ${index} of the block is not one of schema ${block.schemaId}`;
        const slot = slotOf(block.body, start + FINGERPRINT_AT);
        const to = open.get(shardMap.shardOf(slot));
        if (to !== undefined) to.events.dead += 1;
        continue;
      }
      const definition = definitionOf(event.project, event.type, block.registryVersion);
      const { maxAgeMs } = definition;
      const isTooLate = maxAgeMs !== null && arrivedMs - event.time > maxAgeMs;
      const fate = occurrence !== 'first' ? occurrence : isTooLate ? 'tooLate' : 'counted';
      counts[fate] += 1;
      const to = open.get(shardMap.shardOf(all.slot));
      if (to === undefined) continue;
      to.events[fate] += 1;
      if (fate === 'counted') this.add(event, all, definition, to.delta);
    }
    return reason === undefined ? counts : Object.assign(counts, { reason });
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

  private add(event: Event, all: Series, definition: EventTypeDefinition, to: ShardDelta): void {
    const { dimensions, retention } = definition;
    const minute = Math.floor(event.time / MINUTE_MS);
    const retentionClass = RETENTION_CLASSES.indexOf(retention);
    to.add(all, minute, retentionClass, event.value);
    if (dimensions.length > 0)
      to.add(this.rules.series.split(event, dimensions), minute, retentionClass, event.value);
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
    const to = open.get(this.rules.shardMap.shardOf(0));
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
