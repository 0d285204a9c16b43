import { describe, expect, it } from '@jest/globals';
import {
  type CatalogFields,
  CURRENT_SCHEMA_ID,
  decodeSeriesNames,
  DEFAULT_EVENT_TYPE,
  encodeBlockHeader,
  encodeEvent,
  ENTRY_HEADER_BYTES,
  MAX_BLOCK_BODY_BYTES,
  MAX_BLOCK_EVENTS,
  MAX_CATALOG_ENTRY_BYTES,
  MAX_DIMENSIONS,
  OTHER_VALUE,
  SERIES_ID_BYTES,
  writeEntryHeader,
  type Event,
  type EventTypeDefinition,
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
function deltaOf(
  block: Buffer,
  more: Partial<EventTypeDefinition>,
  fields: CatalogFields = {},
): ShardDelta {
  const shardMap = ShardMap.even(1);
  const series = new SeriesTable(shardMap, 1e6);
  const counter = new PartitionCounter(0, 1000, new Map(), {
    shardMap,
    series,
    definition: () => ({
      ...DEFAULT_EVENT_TYPE,
      dimensions: NAMES,
      enriched: Object.keys(fields),
      ...more,
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
  const sketched = { uniques: ['a', 'b', 'c', 'd'], quantiles: true };

  it.each<[string, (number: number) => Event, Partial<EventTypeDefinition>?]>([
    ['the most events', (number) => event(number)],
    [
      'the most sketches',
      (number) => event(number, { value: { unscaled: 7, scale: 0 } }),
      sketched,
    ],
    [
      'sketches and control characters',
      (number) =>
        event(number, {
          value: { unscaled: 7, scale: 0 },
          attributes: { d0: '\u0001'.repeat(12), a: number },
        }),
      sketched,
    ],
    [
      'one series with many values',
      (number) =>
        event(0, { value: { unscaled: number ** 3, scale: 6 }, attributes: { a: number } }),
      sketched,
    ],
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
  ])('are known while it grows, and bounded for a block with %s', (_, eventOf, more = {}) => {
    const delta = deltaOf(fullBlock(eventOf), more);
    const { rows, seriesNames, sketches = new Uint8Array() } = delta.toMessage();
    const length = rows.length + seriesNames.length + sketches.length;
    expect(delta.bytes).toBeGreaterThanOrEqual(length - 8);
    expect(delta.bytes).toBeLessThan(length * (sketches.length === 0 ? 1.01 : 1.2));
    expect(delta.bytes).toBeLessThan(MAX_RECORD_DELTA_BYTES);
  });

  it('are bounded where the catalogue adds to the names of each event', () => {
    // Each character takes two bytes of JSON.
    const texts = Array.from({ length: 3 }, (_, at) => [`e${at}`, '"'.repeat(119)] as const);
    const fields: CatalogFields = Object.fromEntries(texts);
    expect(MAX_CATALOG_ENTRY_BYTES - JSON.stringify(fields).length).toBeLessThan(40);
    const block = fullBlock((number) => event(number));
    const { bytes } = deltaOf(block, {}, fields);
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

describe('split series that a shard has too many of', () => {
  const dimensions = ['country'];
  const of = (country: string) => event(1, { attributes: { country } });

  it('are told with the rule of their type, until they are refused', () => {
    const table = newTable();
    table.typeOf(table.all(of('FR'))).definition = {
      ...DEFAULT_EVENT_TYPE,
      dimensions,
      cardinalityLimit: 7,
    };
    const delta = new ShardDelta(TOPIC, table);
    const [france, spain] = [table.split(of('FR'), dimensions), table.split(of('ES'), dimensions)];
    const spainId = Buffer.from(table.entry(spain).subarray(0, SERIES_ID_BYTES));
    for (const series of [france, spain]) delta.add(series, 1, 0, NO_VALUE);
    expect(delta.toMessage().splitRules).toEqual([
      { project: 'p', type: 't', dimensions, most: 7 },
    ]);
    delta.applied(spainId);
    // What counts for it from now on goes to the series of all others, which the shard is told of.
    expect(table.split(of('FR'), dimensions)).toBe(france);
    const other = table.split(of('ES'), dimensions);
    expect(decodeSeriesNames(Buffer.from(table.entry(other)))).toMatchObject([
      { dimensions: '{"country":"(other)"}' },
    ]);
    expect(table.split(of(OTHER_VALUE), dimensions)).toBe(other);
    const next = new ShardDelta(TOPIC, table);
    next.add(other, 1, 0, NO_VALUE);
    expect(next.toMessage().splitRules).toHaveLength(1);
    next.applied();
    const last = new ShardDelta(TOPIC, table);
    last.add(other, 1, 0, NO_VALUE);
    expect(last.toMessage()).toMatchObject({ splitRules: [], seriesNames: Buffer.alloc(0) });
  });

  it('are told again, each once, where a delta is sent again: an older copy of the shard may answer', () => {
    const table = newTable();
    const all = table.all(of('FR'));
    table.typeOf(all).definition = { ...DEFAULT_EVENT_TYPE, dimensions, cardinalityLimit: 7 };
    const [france, spain] = [table.split(of('FR'), dimensions), table.split(of('ES'), dimensions)];
    const first = new ShardDelta(TOPIC, table);
    for (const series of [all, france]) first.add(series, 1, 0, NO_VALUE);
    first.applied();
    const next = new ShardDelta(TOPIC, table);
    for (const series of [all, france, spain]) next.add(series, 1, 0, NO_VALUE);
    next.add(france, 2, 0, NO_VALUE);
    const named = (bytes: Buffer) =>
      (decodeSeriesNames(bytes) ?? []).map((name) => name.dimensions).sort();
    expect(named(next.toMessage().seriesNames)).toEqual(['{"country":"ES"}']);
    const again = next.namesAgain();
    expect(named(again.seriesNames)).toEqual(['{"country":"ES"}', '{"country":"FR"}']);
    expect(again.splitRules).toEqual([{ project: 'p', type: 't', dimensions, most: 7 }]);
    // What it refuses now goes to the others.
    next.applied(Buffer.from(table.entry(france).subarray(0, SERIES_ID_BYTES)));
    expect(table.split(of('FR'), dimensions)).not.toBe(france);
    expect(table.split(of('ES'), dimensions)).toBe(spain);
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
