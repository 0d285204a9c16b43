import {
  ENTRY_HEADER_BYTES,
  readEntries,
  type DeadLetter,
  type LetterRecord,
  type shardProxy,
} from '@tally/contracts';
import { enrichedBytes } from '../aggregate/enriched-bytes.js';
import { EventFolder, type CountingRules } from '../aggregate/event-folder.js';
import { MAX_DELTA_BYTES, ShardDelta } from '../aggregate/shard-delta.js';
import { OffsetSet } from '../coverage/offset-set.js';
import type { ShardCoverage } from '../run/run-action.js';
import { NO_SERIES, SeriesTable } from '../series/series-table.js';

/** All that one delta may name are kept; more are forgotten only when they are not in use. */
const MAX_SERIES = 1 << 20;

/** How much of a letter is in a delta; of one that cannot be counted, nothing. */
export type Added =
  | { readonly kind: 'whole' }
  | { readonly kind: 'part' }
  | { readonly kind: 'unreadable'; readonly reason: string };

/** What the meaning of an event in a letter follows from. */
export type LetterRules = Omit<CountingRules, 'series'>;

/**
 * Sums up what a shard lacks of its dead letters: exactly the offsets that it does not cover. Letters may
 * come in any order, and the same offsets in more than one.
 */
export class LetterDelta {
  private readonly delta: ShardDelta;
  private readonly folder: EventFolder;
  private readonly series: SeriesTable;
  /** What the shard has, and what is in these sums, by partition. */
  private readonly taken: Map<number, OffsetSet>;

  /** @param coverage What the shard says that it covers. */
  constructor(topic: string, coverage: ShardCoverage, rules: LetterRules) {
    // Of its own, so that each delta names all its series: the shard may be an older copy of itself.
    this.series = new SeriesTable(rules.shardMap, MAX_SERIES);
    this.delta = new ShardDelta(topic, this.series);
    this.folder = new EventFolder({ ...rules, series: this.series });
    this.taken = new Map(
      [...coverage].map(([partition, offsets]) => [partition, new OffsetSet(offsets)]),
    );
  }

  /**
   * Adds what is lacked of the letter, record by record, until the delta has so many bytes; the first
   * record of a delta in any case.
   */
  add(partition: number, { shard, ranges, records }: DeadLetter, maxBytes: number): Added {
    let taken = this.taken.get(partition);
    if (taken === undefined) this.taken.set(partition, (taken = new OffsetSet()));
    const lacked = records.filter(({ offset }) => !taken.has(offset));
    for (const record of lacked) {
      const reason = this.problemOf(record, shard);
      if (reason !== undefined) return { kind: 'unreadable', reason };
    }
    let next: bigint | undefined;
    for (const record of lacked) {
      if (this.isFull(record, maxBytes)) {
        next = record.offset;
        break;
      }
      this.fold(partition, record);
      taken.add(record.offset, record.offset + 1n);
    }
    for (const { from, to } of ranges) {
      const end = next === undefined || next > to ? to : next;
      for (const missing of taken.missingOf({ from, to: end })) this.delta.pass(partition, missing);
      taken.add(from, end);
    }
    return { kind: next === undefined ? 'whole' : 'part' };
  }

  /** undefined: the shard lacks nothing of the letters. */
  request(shard: number, epoch: number): shardProxy.ApplyDeltaRequest | undefined {
    const message = this.delta.toMessage();
    if (message.ranges.length === 0) return undefined;
    return { shard, epoch: String(epoch), ...message, instants: [] };
  }

  private isFull({ catalogPosition, counted }: LetterRecord, maxBytes: number): boolean {
    const { bytes } = this.delta;
    const moreBytes = enrichedBytes(catalogPosition, counted);
    return bytes > 0 && (bytes >= maxBytes || bytes + moreBytes > MAX_DELTA_BYTES);
  }

  private problemOf(record: LetterRecord, shard: number): string | undefined {
    const { offset, schemaId, body, counted } = record;
    const starts = startsOf(body, counted);
    for (let index = 0; index < counted; index++) {
      const from = (starts[index] ?? 0) + ENTRY_HEADER_BYTES;
      const series = this.folder.find(schemaId, body, from, starts[index + 1] ?? 0);
      if (series === NO_SERIES)
        return `event ${index} of offset ${offset} is not one of schema ${schemaId}`;
      if (this.series.shardOf(series) !== shard)
        return `event ${index} of offset ${offset} is not one of shard ${shard}`;
    }
    return undefined;
  }

  private fold(partition: number, record: LetterRecord): void {
    const { offset, appendMs, schemaId, registryVersion, catalogPosition, body, counted } = record;
    const { delta, folder } = this;
    const starts = startsOf(body, counted);
    delta.begin();
    for (let index = 0; index < counted; index++) {
      const from = (starts[index] ?? 0) + ENTRY_HEADER_BYTES;
      const to = starts[index + 1] ?? 0;
      const series = folder.find(schemaId, body, from, to);
      const definition = folder.definitionOf(series, registryVersion);
      folder.add(delta, series, definition, schemaId, body, from, to, catalogPosition);
    }
    const { duplicates, conflicting, tooLate, dead, expired } = record;
    const fates = { counted, duplicates, conflicting, tooLate, dead, expired };
    delta.complete(partition, offset, appendMs, fates, record.deadIndexes);
  }
}

function startsOf(body: Buffer, count: number): Uint32Array {
  const entries = readEntries(body, count);
  if (entries.kind !== 'entries') throw new Error('expected entries that were read before');
  return entries.starts;
}
