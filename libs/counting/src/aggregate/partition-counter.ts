import {
  arrivalOf,
  contentHash,
  ENTRY_HEADER_BYTES,
  expiryBounds,
  FINGERPRINT_AT,
  isVoid,
  readEntries,
  type ExpiryBounds,
  type Fate,
} from '@tally/contracts';
import { slotOf } from '@tally/placement';
import type { OffsetSet } from '../coverage/offset-set.js';
import { DedupWindow, type Occurrence } from '../dedup/dedup-window.js';
import { NO_SERIES } from '../series/series-table.js';
import type { BlockRecord } from './block-record.js';
import { EventFolder, type CountingRules } from './event-folder.js';
import { noFates, type EventsByFate, type ShardDelta } from './shard-delta.js';

/** What became of the events of one record. */
export interface RecordCounts extends Readonly<EventsByFate> {
  /** Why the whole record, or the first dead event of it, cannot be read. */
  readonly reason?: string;
}

/** Who gets what has to be counted. */
export interface Takers {
  /** By shard: its sums. What goes to other shards is not summed up. */
  readonly deltas: ReadonlyMap<number, ShardDelta>;
  /** Shards of which the events are only sorted out, for dead letters. */
  readonly absent: ReadonlySet<number>;
}

/** What became of one record, and whose its accepted events are. */
export interface CountedRecord {
  readonly record: BlockRecord;
  /** The running maximum of append times, up to this record. */
  readonly appendMs: number;
  readonly counts: RecordCounts;
  /** Of each event: the shard that counts it, plus 1; 0: none does. */
  readonly owners: Uint16Array;
  /** By shard, those that lacked the record: the fates of its events there. */
  readonly fates: readonly (Readonly<EventsByFate> | undefined)[];
}

/** A shard that does not have the record yet, and the fates of the record's events there. */
interface OpenShard {
  /** undefined: it is absent. */
  readonly delta: ShardDelta | undefined;
  readonly events: EventsByFate;
}

/** By shard. */
type OpenShards = (OpenShard | undefined)[];

const NO_OWNERS = new Uint16Array(0);

/**
 * Folds the records of one partition, in the order of the log, into one delta per shard. What an
 * event does depends on the log alone: never on the clock, on restarts or on how flushes are cut.
 */
export class PartitionCounter {
  private readonly window: DedupWindow;
  private readonly expiry: ExpiryBounds;
  private readonly folder: EventFolder;
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
    this.folder = new EventFolder(rules);
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

  /** Whether one of these shards still has to count what lies at this offset. */
  isLacked(offset: bigint, { deltas, absent }: Takers): boolean {
    for (const shard of deltas.keys()) if (this.lacks(shard, offset)) return true;
    for (const shard of absent) if (this.lacks(shard, offset)) return true;
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

  /** Folds it into the sums of those that lack it. */
  count(record: BlockRecord, { deltas, absent }: Takers): CountedRecord {
    const appendMs = this.advance(record);
    const { offset, block } = record;
    const open: OpenShards = [];
    for (const [shard, delta] of deltas) {
      if (!this.lacks(shard, offset)) continue;
      delta.begin();
      open[shard] = { delta, events: noFates() };
    }
    for (const shard of absent)
      if (this.lacks(shard, offset)) open[shard] = { delta: undefined, events: noFates() };
    const owners = block.kind === 'block' ? new Uint16Array(block.count) : NO_OWNERS;
    const counts = this.countInto(block, appendMs, open, owners);
    for (const to of open) to?.delta?.complete(this.partition, offset, appendMs, to.events);
    return { record, appendMs, counts, owners, fates: open.map((to) => to?.events) };
  }

  private lacks(shard: number, offset: bigint): boolean {
    return this.covered.get(shard)?.has(offset) !== true;
  }

  private countInto(
    block: BlockRecord['block'],
    appendMs: number,
    open: OpenShards,
    owners: Uint16Array,
  ): RecordCounts {
    if (block.kind !== 'block') return this.deadRecord(open, block.reason);
    if (isVoid(block.notAfterMs, appendMs, this.expiry)) return this.voidBlock(open, block.count);
    const entries = readEntries(block.body, block.count);
    if (entries.kind !== 'entries') return this.deadRecord(open, entries.reason);

    const counts = noFates();
    let reason: string | undefined;
    // The gateway judged by the same: what it accepted is not too late for the time its append took.
    const arrivedMs = arrivalOf(block.notAfterMs, appendMs, this.expiry);
    const { folder, rules, window } = this;
    const { event } = folder;
    const { shardMap, series: table } = rules;
    const { body, count, schemaId, registryVersion, catalogPosition } = block;
    for (let index = 0; index < count; index++) {
      const start = entries.starts[index] ?? 0;
      const from = start + ENTRY_HEADER_BYTES;
      const end = entries.starts[index + 1] ?? 0;
      const series = folder.find(schemaId, body, from, end);
      const occurrence = window.record(body, start + FINGERPRINT_AT, appendMs, event.content);
      if (series === NO_SERIES) {
        counts.dead += 1;
        reason ??= `event ${index} of the block is not one of schema ${schemaId}`;
        const slot = slotOf(body, start + FINGERPRINT_AT);
        const to = open[shardMap.shardOf(slot)];
        if (to !== undefined) to.events.dead += 1;
        continue;
      }
      const definition = folder.definitionOf(series, registryVersion);
      const { maxAgeMs } = definition;
      const isTooLate = maxAgeMs !== null && arrivedMs - event.timeMs > maxAgeMs;
      const fate = occurrence !== 'first' ? occurrence : isTooLate ? 'tooLate' : 'counted';
      counts[fate] += 1;
      const shard = table.shardOf(series);
      const to = open[shard];
      if (to === undefined) continue;
      to.events[fate] += 1;
      if (fate !== 'counted') continue;
      owners[index] = shard + 1;
      if (to.delta !== undefined)
        folder.add(to.delta, series, definition, schemaId, body, from, end, catalogPosition);
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

  /** A record that is no block stands in the ledger as one dead event, at the shard of slot 0. */
  private deadRecord(open: OpenShards, reason: string): RecordCounts {
    this.bookWhole(open, 'dead', 1);
    return Object.assign(noFates(), { dead: 1, reason });
  }

  /** Its events are not looked at: all stand in the ledger at the shard of slot 0. */
  private voidBlock(open: OpenShards, events: number): RecordCounts {
    this.bookWhole(open, 'expired', events);
    return Object.assign(noFates(), { expired: events });
  }

  private bookWhole(open: OpenShards, fate: Fate, events: number): void {
    const to = open[this.rules.shardMap.shardOf(0)];
    if (to !== undefined) to.events[fate] += events;
  }

  private advance({ timestampMs }: BlockRecord): number {
    if (timestampMs > this.latestAppendMs) this.latestAppendMs = timestampMs;
    return this.latestAppendMs;
  }
}
