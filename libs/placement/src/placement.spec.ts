import { describe, expect, it } from '@jest/globals';
import {
  ENTRY_HEADER_BYTES,
  decodeBlock,
  MAX_BLOCK_BODY_BYTES,
  readEntries,
  writeEntryHeader,
  type Entries,
} from '@tally/contracts';
import fc from 'fast-check';
import { parseEventsTopic } from './events-topic.js';
import { fingerprintOf } from './fingerprint.js';
import { partitionBlocks } from './partition-blocks.js';
import { partitionOf } from './partition.js';
import { seriesId, slotOf, SLOTS } from './series.js';
import { ShardMap } from './shard-map.js';

describe('the fingerprint of an event', () => {
  it.each([
    ['default', 'flights-20k:1', '18fb656e8d2976ae834c80bee5ba994a'],
    ['default', 'São ✈', '6e1e4a7d414cbe00a1d82c2392060a41'],
  ])('of %s, %s is the same for ever', (project, id, expected) => {
    expect(fingerprintOf(project, id).toString('hex')).toBe(expected);
  });

  it('chooses the partition by its first four bytes', () => {
    const prefix = fingerprintOf('default', 'flights-20k:1').readUInt32BE(0);
    expect(partitionOf(prefix, 16)).toBe(0x18fb656e % 16);
  });
});

describe('a series id', () => {
  const dimensions = [
    ['country', 'PT'],
    ['premium', true],
    ['ratio', 0.5],
    ['zone', undefined],
  ] as const;

  it('is the same for ever', () => {
    expect(seriesId('default', 'view', 'video-42').toString('hex')).toBe(
      'faaf136ae5e8157e4f0b358575026074',
    );
    expect(seriesId('default', 'view', 'video-42', dimensions).toString('hex')).toBe(
      'fa9f9810d1581d69b0810d6cd2986960',
    );
  });

  it('has the slot of its subject, whatever the dimensions', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (subject, value) => {
        const slot = slotOf(seriesId('p', 't', subject));
        expect(slot).toBeLessThan(SLOTS);
        expect(slotOf(seriesId('p', 't', subject, [['d', value]]))).toBe(slot);
      }),
    );
  });

  it('differs where any part differs', () => {
    const ids = [
      seriesId('p', 't', 's'),
      seriesId('pt', '', 's'),
      seriesId('p', 't', 's', [['d', '1']]),
      seriesId('p', 't', 's', [['d', 1]]),
      seriesId('p', 't', 's', [['d', true]]),
      seriesId('p', 't', 's', [['d', 't']]),
      seriesId('p', 't', 's', [['d', undefined]]),
      seriesId('p', 't', 's', [['d', '-']]),
      seriesId('p', 't', 's', [['e', '1']]),
    ].map((id) => id.toString('hex'));
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('the shard map', () => {
  it('gives every slot to one shard, evenly at first', () => {
    const map = ShardMap.even(3);
    expect(map.shards).toEqual([0, 1, 2]);
    const sizes = [0, 0, 0];
    for (let slot = 0; slot < SLOTS; slot++)
      sizes[map.shardOf(slot)] = (sizes[map.shardOf(slot)] ?? 0) + 1;
    expect(sizes).toEqual([341, 341, 342]);
  });

  it.each([
    ['no epoch', { slots: [{ from: 0, to: 1024, shard: 0 }] }],
    ['no slots', { epoch: 1 }],
    [
      'a gap',
      {
        epoch: 1,
        slots: [
          { from: 0, to: 5, shard: 0 },
          { from: 6, to: 1024, shard: 1 },
        ],
      },
    ],
    ['an end too early', { epoch: 1, slots: [{ from: 0, to: 1000, shard: 0 }] }],
    ['a slot too many', { epoch: 1, slots: [{ from: 0, to: 1025, shard: 0 }] }],
    ['a shard that cannot be', { epoch: 1, slots: [{ from: 0, to: 1024, shard: -1 }] }],
  ])('refuses %s', (_, document) => {
    expect(() => ShardMap.parse(document)).toThrow(RangeError);
  });
});

describe('the definition of an events topic', () => {
  it.each([
    [{ name: 'events', partitions: 16, dedupWindowMs: 1 }],
    [{ name: 'events-0123456789abcdef', partitions: 0, dedupWindowMs: 1 }],
    [{ name: 'events-0123456789abcdef', partitions: 1 }],
  ])('refuses %j', (value) => {
    expect(() => parseEventsTopic(value)).toThrow(RangeError);
  });
});

describe('blocks of partitions', () => {
  const entryOf = (fingerprint: Uint8Array, size: number): Buffer => {
    const entry = Buffer.alloc(ENTRY_HEADER_BYTES + size, 7);
    writeEntryHeader(entry, 0, size, fingerprint);
    return entry;
  };
  const checked = (entries: readonly Buffer[]) => {
    const bytes = Buffer.concat(entries);
    return { bytes, entries: readEntries(bytes, entries.length) as Entries };
  };

  it('hold every entry once, at the partition of its fingerprint, in order', () => {
    const entry = fc
      .tuple(fc.uint8Array({ minLength: 16, maxLength: 16 }), fc.nat(50))
      .map(([fingerprint, size]) => entryOf(fingerprint, size));
    fc.assert(
      fc.property(
        fc.array(fc.array(entry, { minLength: 1 }), { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1, max: 20 }),
        (bodies, partitions) => {
          const header = { schemaId: 1, registryVersion: 9, notAfterMs: 5000 };
          const blocks = partitionBlocks(bodies.map(checked), partitions, header);
          const expected = Array.from({ length: partitions }, (_, partition) =>
            Buffer.concat(
              bodies
                .flat()
                .filter((bytes) => partitionOf(bytes.readUInt32BE(4), partitions) === partition),
            ),
          );
          for (const { partition, record } of blocks) {
            const block = decodeBlock(record);
            if (block.kind !== 'block') throw new Error(block.reason);
            expect(block).toMatchObject(header);
            expect(readEntries(block.body, block.count)).toMatchObject({ kind: 'entries' });
            expect(block.body.equals(expected[partition] ?? Buffer.alloc(0))).toBe(true);
            expected[partition] = Buffer.alloc(0);
          }
          expect(expected.every(({ length }) => length === 0)).toBe(true);
        },
      ),
    );
  });

  it('are cut before they grow too large', () => {
    const entries = Array.from({ length: 60 }, () => entryOf(new Uint8Array(16), 30_000));
    const blocks = partitionBlocks([checked(entries)], 4, {
      schemaId: 1,
      registryVersion: 0,
      notAfterMs: 5000,
    });
    const decoded = blocks.map(({ record }) => decodeBlock(record));
    expect(decoded.every(({ kind }) => kind === 'block')).toBe(true);
    expect(blocks.length).toBe(Math.ceil(60 / Math.floor(MAX_BLOCK_BODY_BYTES / 30_020)));
  });
});
