import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, jest } from '@jest/globals';
import { encodeBlockHeader } from './block/block-header.js';
import { writeEntryHeader } from './block/block-body.js';
import { CURRENT_SCHEMA_ID, encodeEvent } from './events/event-codec.js';
import { packageDefinition } from './grpc/package-definition.js';
import { encodeCounterRows } from './rows/counter-rows.js';
import { encodeDeltaRows } from './rows/delta-rows.js';
import { encodeSeriesNames } from './rows/series-names.js';
import { DECODERS } from '../test/fuzz/decoders.js';
import { numbersOf, spoiledBytes } from '../test/fuzz/spoiled-bytes.js';

/** tools/log-fuzz --decoders sets both: longer runs, and one again that found something. */
const SECONDS = Number(process.env['TALLY_FUZZ_SECONDS'] ?? 3);
const SEED = Number(process.env['TALLY_FUZZ_SEED'] ?? Date.now() % 2 ** 31);
const BATCH = 2000;
/** What the collector may leave between two looks. */
const MAX_GROWTH_BYTES = 256 << 20;
jest.setTimeout(SECONDS * 1000 + 60_000);

const values = { count: 3n, valued: 2n, sum: -15n, min: -20n, max: 5n };
const series = Buffer.alloc(16, 7);

function soundInputs(): Buffer[] {
  const entry = Buffer.alloc(512);
  const event = {
    project: 'default',
    id: 'e-1',
    type: 'view',
    subject: 'vidéo-42',
    time: 1_767_225_600_123,
    value: { unscaled: -499, scale: 2 },
    attributes: { country: 'NL', weight: 1.5, new: true },
    timeAssigned: false,
  };
  const end = encodeEvent(event, entry, 20);
  writeEntryHeader(entry, 0, end - 20, series);
  const header = { schemaId: CURRENT_SCHEMA_ID, registryVersion: 1, count: 2 };
  const one = entry.subarray(0, end);
  const shard = packageDefinition()['tally.shard_proxy.v1.ShardProxyService'];
  const delta = {
    shard: 1,
    epoch: '7',
    ranges: [{ partition: { topic: 'events-1', partition: 3 }, ranges: [{ from: '0', to: '9' }] }],
    rows: Buffer.alloc(20),
  };
  return [
    ...[1, 2].flatMap((schema) =>
      readFileSync(join(import.meta.dirname, `../fixtures/event.${schema}.hex`), 'utf8')
        .trim()
        .split('\n')
        .map((line) => Buffer.from(line, 'hex')),
    ),
    Buffer.concat([encodeBlockHeader(header), one, one]),
    encodeDeltaRows([{ series, minute: 29_453_760, retention: 5, ...values }]),
    encodeCounterRows([{ index: 4, startMinute: 29_453_760n, ...values }]),
    encodeSeriesNames([
      { id: series, project: 'default', type: 'view', subject: 's', dimensions: '' },
    ]),
    ...(shard !== undefined && 'ApplyDelta' in shard
      ? [shard.ApplyDelta.requestSerialize(delta)]
      : []),
  ];
}

describe('decoders of bytes that anybody may have written', () => {
  it('return, refuse as they say, and keep nothing', () => {
    const sound = soundInputs();
    const below = numbersOf(SEED);
    const startedMs = performance.now();
    const grownFrom = process.memoryUsage().rss;
    let inputs = 0;
    while (performance.now() - startedMs < SECONDS * 1000)
      for (let count = 0; count < BATCH; count++, inputs++) {
        const bytes = spoiledBytes(sound, below);
        const decoder = DECODERS[below(2) === 0 ? below(5) : below(DECODERS.length)];
        try {
          decoder?.decode(bytes);
        } catch (error) {
          if (decoder?.throws === true && error instanceof Error) continue;
          throw new Error(`seed ${SEED}: ${decoder?.name} threw for ${bytes.toString('hex')}`, {
            cause: error,
          });
        }
      }
    process.stdout.write(`seed ${SEED}: ${inputs} spoiled inputs of ${DECODERS.length} decoders\n`);
    expect(process.memoryUsage().rss - grownFrom).toBeLessThan(MAX_GROWTH_BYTES);
  });

  it('read what is sound', () => {
    const inputs = soundInputs();
    for (const name of ['block', 'event', 'delta rows', 'counter rows', 'series names']) {
      const decoder = DECODERS.find((one) => one.name === name);
      const read = inputs.map((bytes) => decoder?.decode(bytes));
      expect(
        read.some(
          (found) =>
            found !== undefined &&
            !JSON.stringify(found, (_, value: unknown) =>
              typeof value === 'bigint' ? String(value) : value,
            ).includes('malformed'),
        ),
      ).toBe(true);
    }
  });
});
