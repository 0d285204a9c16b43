import { describe, expect, it } from '@jest/globals';
import {
  type CatalogFields,
  CURRENT_SCHEMA_ID,
  DEFAULT_EVENT_TYPE,
  encodeBlockHeader,
  encodeEvent,
  ENTRY_HEADER_BYTES,
  MAX_BLOCK_BODY_BYTES,
  MAX_BLOCK_EVENTS,
  MAX_CATALOG_ENTRY_BYTES,
  MAX_DIMENSIONS,
  writeEntryHeader,
  type Event,
} from '@tally/contracts';
import { fingerprintOf, ShardMap } from '@tally/placement';
import { SeriesTable } from '../series/series-table.js';
import { readBlock } from './block-record.js';
import { takersOf } from '../../test/support/counted-blocks.js';
import { PartitionCounter } from './partition-counter.js';
import { enrichedBytes } from './enriched-bytes.js';
import { MAX_DELTA_BYTES, MAX_RECORD_DELTA_BYTES, noFates, ShardDelta } from './shard-delta.js';

const TOPIC = 'events-0123456789abcdef';
const NO_VALUE = { isValued: false, unscaled: 0, scale: 0 };
const newTable = () => new SeriesTable(ShardMap.even(1), 1000);
const NAMES = Array.from({ length: MAX_DIMENSIONS }, (_, number) => `d${number}`);

const event = (number: number, more: Partial<Event> = {}): Event => ({
  project: 'p',
  id: '1',
  type: 't',
  subject: number.toString(36),
  time: 0,
  value: null,
  attributes: {},
  timeAssigned: false,
  ...more,
});

/** As many of these events as a block holds, in one. */
function fullBlock(eventOf: (number: number) => Event): Buffer {
  const entries: Buffer[] = [];
  let bytes = 0;
  for (let number = 0; number < MAX_BLOCK_EVENTS; number++) {
    const entry = Buffer.alloc(16_384);
    const one = eventOf(number);
    const end = encodeEvent(one, entry, ENTRY_HEADER_BYTES);
    writeEntryHeader(entry, 0, end - ENTRY_HEADER_BYTES, fingerprintOf('', `${number}`));
    if (bytes + end > MAX_BLOCK_BODY_BYTES) break;
    bytes += end;
    entries.push(entry.subarray(0, end));
  }
  const header = {
    schemaId: CURRENT_SCHEMA_ID,
    registryVersion: 0,
    count: entries.length,
    notAfterMs: undefined,
  };
  return Buffer.concat([encodeBlockHeader(header), ...entries]);
}

/** All of it goes to one shard, as rows of their own with names of their own. */
function deltaOf(block: Buffer, fields: CatalogFields = {}): ShardDelta {
  const shardMap = ShardMap.even(1);
  const series = new SeriesTable(shardMap, 1e6);
  const counter = new PartitionCounter(0, 1000, new Map(), {
    shardMap,
    series,
    definition: () => ({
      ...DEFAULT_EVENT_TYPE,
      dimensions: NAMES,
      enriched: Object.keys(fields),
    }),
    catalog: { fields: () => fields },
  });
  const delta = new ShardDelta(TOPIC, series);
  const record = readBlock({ offset: 0n, timestampMs: 1, value: block });
  expect(counter.count(record, takersOf(new Map([[0, delta]]))).counts.dead).toBe(0);
  return delta;
}

const attributes = (value: string) =>
  Object.fromEntries(NAMES.map((name) => [name, value] as const));

describe('the bytes of a delta', () => {
  it.each<[string, (number: number) => Event]>([
    ['the most events', (number) => event(number)],
    [
      'dimensions of control characters',
      (number) => event(number, { attributes: attributes('\u0001'.repeat(256)) }),
    ],
    ['empty dimensions', (number) => event(number, { attributes: attributes('') })],
    [
      'names as long as allowed',
      (number) =>
        event(number, {
          project: 'p'.repeat(64),
          type: 't'.repeat(64),
          subject: `${'€'.repeat(169)}${number}`,
        }),
    ],
  ])('are known while it grows, and bounded for a block with %s', (_, eventOf) => {
    const delta = deltaOf(fullBlock(eventOf));
    const { rows, seriesNames } = delta.toMessage();
    expect(delta.bytes).toBeGreaterThanOrEqual(rows.length + seriesNames.length - 8);
    expect(delta.bytes).toBeLessThan((rows.length + seriesNames.length) * 1.01);
    expect(delta.bytes).toBeLessThan(MAX_RECORD_DELTA_BYTES);
  });

  it('are bounded where the catalogue adds to the names of each event', () => {
    // Each character takes two bytes of JSON.
    const texts = Array.from({ length: 3 }, (_, at) => [`e${at}`, '"'.repeat(119)] as const);
    const fields: CatalogFields = Object.fromEntries(texts);
    expect(MAX_CATALOG_ENTRY_BYTES - JSON.stringify(fields).length).toBeLessThan(40);
    const block = fullBlock((number) => event(number));
    const { bytes } = deltaOf(block, fields);
    expect(bytes).toBeGreaterThan(MAX_RECORD_DELTA_BYTES);
    expect(bytes).toBeLessThan(MAX_RECORD_DELTA_BYTES + enrichedBytes(1n, block.readUInt32BE(12)));
    expect(enrichedBytes(1n, MAX_BLOCK_EVENTS)).toBeLessThan(MAX_DELTA_BYTES);
    expect(enrichedBytes(0n, MAX_BLOCK_EVENTS)).toBe(0);
  });

  it('do not grow with what is merged, nor with names that the shard knows', () => {
    const table = newTable();
    const series = table.all(event(1, { subject: 's'.repeat(512) }));
    const addTo = (delta: ShardDelta) => {
      for (let minute = 0; minute < 9; minute++) delta.add(series, minute % 3, 0, NO_VALUE);
      return delta;
    };
    const first = addTo(new ShardDelta(TOPIC, table));
    const names = 16 + 4 * 2 + 'pt'.length + 512;
    expect(first.bytes).toBe(3 * 72 + names);
    // Nobody knows yet whether the shard has it.
    expect(addTo(new ShardDelta(TOPIC, table)).toMessage().seriesNames).toHaveLength(names);
    first.applied();
    const next = addTo(new ShardDelta(TOPIC, table));
    expect(next.bytes).toBe(3 * 72);
    expect(next.toMessage().seriesNames).toHaveLength(0);
  });
});

describe('a record that is in a delta by halves', () => {
  it('is in no message', () => {
    const delta = new ShardDelta(TOPIC, newTable());
    delta.begin();
    expect(() => delta.toMessage()).toThrow('got a part of one');
    // Nor is it made whole by the next.
    expect(() => delta.begin()).toThrow('got a part of one');
    delta.complete(0, 0n, 0, noFates());
    expect(delta.toMessage().ranges).toHaveLength(1);
  });
});
