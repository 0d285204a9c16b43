import { expect } from '@jest/globals';
import {
  CURRENT_SCHEMA_ID,
  decodeDeltaRows,
  decodeSeriesNames,
  DEFAULT_EVENT_TYPE,
  encodeBlockHeader,
  encodeEvent,
  ENTRY_HEADER_BYTES,
  FATES,
  writeEntryHeader,
  type Event,
} from '@tally/contracts';
import { fingerprintOf, ShardMap } from '@tally/placement';
import { CatalogHistory } from '../../src/catalog/catalog-history.js';
import { SeriesTable } from '../../src/series/series-table.js';
import { readBlock, type BlockRecord } from '../../src/aggregate/block-record.js';
import type { OffsetSet } from '../../src/coverage/offset-set.js';
import type { CountingRules } from '../../src/aggregate/event-folder.js';
import { PartitionCounter, type Takers } from '../../src/aggregate/partition-counter.js';
import { noFates, ShardDelta } from '../../src/aggregate/shard-delta.js';

export const TOPIC = 'events-0123456789abcdef';
export const WINDOW_MS = 1000;
export const shardMap = ShardMap.even(2);

export const rules = (
  definition: CountingRules['definition'] = () => DEFAULT_EVENT_TYPE,
  maxSeries = 1000,
  catalog: CountingRules['catalog'] = new CatalogHistory(),
) => ({
  shardMap,
  series: new SeriesTable(shardMap, maxSeries),
  definition,
  catalog,
});

export const event = (id: string, more: Partial<Event> = {}): Event => ({
  project: 'default',
  id,
  type: 'view',
  subject: 'video-1',
  time: 0,
  value: null,
  attributes: {},
  timeAssigned: false,
  ...more,
});

export function blockOf(
  events: readonly Event[],
  notAfterMs?: number,
  catalogPosition = 0n,
): Buffer {
  const entries = events.map((one) => {
    const entry = Buffer.alloc(4096);
    const end = encodeEvent(one, entry, ENTRY_HEADER_BYTES);
    const fingerprint = fingerprintOf(one.project, one.id);
    writeEntryHeader(entry, 0, end - ENTRY_HEADER_BYTES, fingerprint);
    return entry.subarray(0, end);
  });
  const count = events.length;
  const meaning = { schemaId: CURRENT_SCHEMA_ID, registryVersion: 3, catalogPosition };
  const header = { ...meaning, count, notAfterMs };
  return Buffer.concat([encodeBlockHeader(header), ...entries]);
}

export const record = (
  offset: number,
  timestampMs: number,
  events: readonly Event[],
  notAfterMs?: number,
  catalogPosition?: bigint,
): BlockRecord =>
  readBlock({
    offset: BigInt(offset),
    timestampMs,
    value: blockOf(events, notAfterMs, catalogPosition),
  });

const newDeltas = ({ series }: CountingRules) =>
  new Map(shardMap.shards.map((shard) => [shard, new ShardDelta(TOPIC, series)]));

/** A counter of a partition, and what it counts into. */
export function newCounter(using = rules(), covered: ReadonlyMap<number, OffsetSet> = new Map()) {
  const counter = new PartitionCounter(5, WINDOW_MS, covered, using);
  return { counter, deltas: newDeltas(using) };
}

/** What all shards get: count per subject and minute, the ledger's sums, and ranges per shard. */
export function read(deltas: ReadonlyMap<number, Pick<ShardDelta, 'toMessage'>>) {
  const counts: Record<string, number> = {};
  const ledger = noFates();
  const ranges: string[][] = [];
  for (const delta of deltas.values()) {
    const message = delta.toMessage();
    const names = new Map(
      decodeSeriesNames(Buffer.from(message.seriesNames))?.map((name) => [
        Buffer.from(name.id).toString('hex'),
        `${name.subject}${name.dimensions}`,
      ]),
    );
    for (const row of decodeDeltaRows(Buffer.from(message.rows)) ?? []) {
      const name = names.get(Buffer.from(row.series).toString('hex'));
      const key = `${name}@${row.minute}`;
      // Postgres takes no delta that has a row twice.
      expect(counts[key]).toBeUndefined();
      counts[key] = Number(row.count);
    }
    for (const entry of message.ledger) {
      for (const fate of FATES) ledger[fate] += Number(entry[fate]);
    }
    ranges.push(
      message.ranges.flatMap((part) => part.ranges.map(({ from, to }) => `${from}-${to}`)),
    );
  }
  return { counts, ledger, ranges };
}

export function countAll(records: readonly BlockRecord[], using = rules()) {
  const { counter, deltas } = newCounter(using);
  for (const one of records) counter.count(one, takersOf(deltas));
  return read(deltas);
}

/** All shards are there: nothing goes into dead letters. */
export function takersOf(deltas: Takers['deltas']): Takers {
  return { deltas, absent: new Set() };
}
