import {
  arrivalOf,
  contentHash,
  ENTRY_HEADER_BYTES,
  expiryBounds,
  FINGERPRINT_AT,
  isKnownSchema,
  isVoid,
  readEntries,
  type Block,
  type ExpiryBounds,
  type Fate,
} from '@tally/contracts';
import { slotOf } from '@tally/placement';
import type { OffsetSet } from '../coverage/offset-set.js';
import { DeadOfRecord, NO_DEAD } from '../dead-events/dead-of-record.js';
import type { UnknownMeaning } from '../dead-events/unknown-meanings.js';
import { DedupWindow, type Occurrence } from '../dedup/dedup-window.js';
import { NO_SERIES } from '../series/series-table.js';
import type { GenerationDraft } from '../snapshots/generation-draft.js';
import {
  CONTENT_AT,
  EVENT_BYTES,
  toldRecords,
  type WindowGeneration,
} from '../snapshots/window-generation.js';
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
  /** Its dead and too late events, but for copies of earlier ones: what is kept of them, and who is told. */
  readonly dead: Readonly<typeof NO_DEAD>;
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
const NO_BYTES = Buffer.alloc(0);

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
   * @param draft Where is written down what the window is told.
   */
  constructor(
    private readonly partition: number,
    dedupWindowMs: number,
    private readonly covered: ReadonlyMap<number, OffsetSet>,
    private readonly rules: CountingRules,
    private readonly draft?: GenerationDraft,
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

  /** The records from this offset on, told again as they were told once. */
  recall(generation: WindowGeneration, from: bigint): void {
    const { bytes } = generation;
    for (const { offset, appendMs, ...events } of toldRecords(generation)) {
      if (offset < from) continue;
      const atMs = this.advanceTo(appendMs);
      for (let at = events.from; at < events.to; at += EVENT_BYTES)
        this.window.record(bytes, at, atMs, bytes.readUInt16BE(at + CONTENT_AT));
    }
    this.draft?.passTo(generation.end);
  }

  /**
   * Folds it into the sums of those that lack it.
   *
   * @param unknown Why nobody can say what its events mean: they are dead, unless they came before.
   */
  count(record: BlockRecord, { deltas, absent }: Takers, unknown?: UnknownMeaning): CountedRecord {
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
    const dead = new DeadOfRecord();
    const counts = this.countInto(record, appendMs, open, owners, dead, unknown);
    for (const [shard, to] of open.entries())
      to?.delta?.complete(this.partition, offset, appendMs, to.events, dead.indexes[shard]);
    const fates = open.map((to) => to?.events);
    return { record, appendMs, counts, owners, fates, dead };
  }

  private lacks(shard: number, offset: bigint): boolean {
    return this.covered.get(shard)?.has(offset) !== true;
  }

  private countInto(
    { block, value }: BlockRecord,
    appendMs: number,
    open: OpenShards,
    owners: Uint16Array,
    dead: DeadOfRecord,
    unknown: UnknownMeaning | undefined,
  ): RecordCounts {
    if (block.kind !== 'block') return this.deadRecord(open, block.reason, dead, value);
    if (isVoid(block.notAfterMs, appendMs, this.expiry)) return this.voidBlock(open, block.count);
    const entries = readEntries(block.body, block.count);
    if (entries.kind !== 'entries') return this.deadRecord(open, entries.reason, dead, value);

    const counts = noFates();
    let reason: string | undefined;
    // The gateway judged by the same: what it accepted is not too late for the time its append took.
    const arrivedMs = arrivalOf(block.notAfterMs, appendMs, this.expiry);
    const { folder, rules } = this;
    const { event } = folder;
    const { shardMap, series: table } = rules;
    const { body, count, schemaId, registryVersion, catalogPosition } = block;
    for (let index = 0; index < count; index++) {
      const start = entries.starts[index] ?? 0;
      const from = start + ENTRY_HEADER_BYTES;
      const end = entries.starts[index + 1] ?? 0;
      const series = folder.find(schemaId, body, from, end);
      const occurrence = this.tell(body, start + FINGERPRINT_AT, appendMs, event.content);
      if (series === NO_SERIES) {
        counts.dead += 1;
        reason ??= `event ${index} of the block is not one of schema ${schemaId}`;
        const slot = slotOf(body, start + FINGERPRINT_AT);
        const shard = shardMap.shardOf(slot);
        const to = open[shard];
        if (to !== undefined) to.events.dead += 1;
        if (occurrence !== 'first') continue;
        const isReadable = isKnownSchema(schemaId);
        const cause = isReadable ? 'malformed_event' : 'unknown_schema';
        // Whose series it would count for nobody knows yet, so all are told.
        const told = isReadable ? only(shard, to) : lackingOf(open);
        dead.add(index, cause, body.subarray(from, end), told);
        continue;
      }
      const shard = table.shardOf(series);
      const to = open[shard];
      if (unknown !== undefined && occurrence === 'first') {
        counts.dead += 1;
        reason ??= whyUnknown(unknown, block);
        if (to !== undefined) to.events.dead += 1;
        dead.add(index, unknown, body.subarray(from, end), only(shard, to));
        continue;
      }
      const definition =
        unknown === undefined ? folder.definitionOf(series, registryVersion) : undefined;
      const maxAgeMs = definition?.maxAgeMs ?? null;
      const isTooLate = maxAgeMs !== null && arrivedMs - event.timeMs > maxAgeMs;
      const fate = occurrence !== 'first' ? occurrence : isTooLate ? 'tooLate' : 'counted';
      counts[fate] += 1;
      if (to === undefined) continue;
      to.events[fate] += 1;
      if (fate === 'tooLate') dead.add(index, 'too_late', body.subarray(from, end), [shard]);
      if (fate !== 'counted' || definition === undefined) continue;
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
    return this.tell(body, start + FINGERPRINT_AT, appendMs, content);
  }

  private tell(body: Buffer, at: number, appendMs: number, content: number): Occurrence {
    this.draft?.add(body, at, content);
    return this.window.record(body, at, appendMs, content);
  }

  /** A record that is no block stands in the ledger as one dead event, at the shard of slot 0. */
  private deadRecord(
    open: OpenShards,
    reason: string,
    dead: DeadOfRecord,
    value: Buffer | null,
  ): RecordCounts {
    this.bookWhole(open, 'dead', 1);
    const shard = this.rules.shardMap.shardOf(0);
    dead.add(0, 'malformed_record', value ?? NO_BYTES, only(shard, open[shard]));
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

  private advance({ offset, timestampMs }: BlockRecord): number {
    const appendMs = this.advanceTo(timestampMs);
    this.draft?.begin(offset, appendMs);
    return appendMs;
  }

  private advanceTo(timestampMs: number): number {
    if (timestampMs > this.latestAppendMs) this.latestAppendMs = timestampMs;
    return this.latestAppendMs;
  }
}

/** Nobody, when it has the record already. */
function only(shard: number, lacking: OpenShard | undefined): readonly number[] {
  return lacking === undefined ? [] : [shard];
}

function lackingOf(open: OpenShards): readonly number[] {
  return [...open.entries()].flatMap(([shard, lacking]) => only(shard, lacking));
}

function whyUnknown(unknown: UnknownMeaning, block: Block): string {
  switch (unknown) {
    case 'unknown_schema':
      return `schema ${block.schemaId} is not known here`;
    case 'unknown_registry_version':
      return `version ${block.registryVersion} of the event types is not in ZooKeeper`;
    case 'unknown_catalog_position':
      return `the catalogue ends before position ${block.catalogPosition}`;
  }
}
