import { createRequire } from 'node:module';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { AT, BATCH_HEADER_BYTES, buildRecordBatch, LENGTH_ENDS_AT } from '@tally/kafka-wire';
import { UnreadableRecords } from './checked-codecs.js';
import { isDamage } from './damage-search.js';
import './kafka.js';

/** What the client does with each batch of an answer. */
interface ClientDecoder {
  /** Of the batches of one partition, after their length. */
  readonly decode: (answer: unknown) => Promise<{ value: Buffer | null }[]>;
  readonly Reader: new (bytes: Buffer) => unknown;
}

const load = createRequire(import.meta.url);
const client: ClientDecoder = {
  decode: load('kafkajs/src/protocol/requests/fetch/v4/decodeMessages'),
  Reader: load('kafkajs/src/protocol/decoder'),
};

async function valuesOf(...batches: Buffer[]): Promise<string[]> {
  // An answer has other bytes before the batches, the last of which are the length of all.
  const answer = Buffer.concat([Buffer.alloc(11, 0xff), ...batches]);
  answer.writeInt32BE(answer.length - 11, 7);
  const records = await client.decode(new client.Reader(answer.subarray(7)));
  return records.map(({ value }) => String(value));
}

const GZIP = 1;
const batchOf = (...values: string[]) =>
  buildRecordBatch(
    values.map((value) => ({ key: null, value: Buffer.from(value) })),
    1000,
  );

function withRecords(batch: Buffer, records: Buffer, codec = 0): Buffer {
  const changed = Buffer.concat([batch.subarray(0, BATCH_HEADER_BYTES), records]);
  changed.writeInt32BE(changed.length - LENGTH_ENDS_AT, AT.length);
  changed.writeInt16BE(codec, AT.attributes);
  changed.writeBigInt64BE(42n, AT.baseOffset);
  return changed;
}

const packed = (batch: Buffer, records = batch.subarray(AT.records)) =>
  withRecords(batch, gzipSync(records), GZIP);

function counting(batch: Buffer, records: number): Buffer {
  batch.writeInt32BE(records, AT.recordCount);
  return batch;
}

/** A record of 12 bytes that says that it has 2^30 headers. */
const MANY_HEADERS = Buffer.from([22, 0, 0, 0, 1, 1, 0x80, 0x80, 0x80, 0x80, 0x08, 0]);

describe("the client's decoder", () => {
  it.each([
    ['as they are', batchOf('a', 'bc')],
    ['packed', packed(batchOf('a', 'bc'))],
  ])('reads records %s', async (_name, batch) => {
    expect(await valuesOf(batch)).toEqual(['a', 'bc']);
  });

  it.each<[string, Buffer, string]>([
    [
      'a record that has fewer headers than it says',
      withRecords(batchOf('a'), MANY_HEADERS),
      '100',
    ],
    ['the same, packed', packed(batchOf('a'), MANY_HEADERS), 'expected at most 100 headers'],
    ['fewer records than are counted', counting(batchOf('a'), 2), 'expected 2 records, got 1'],
    ['more records than are counted', counting(batchOf('a', 'b'), 1), 'expected 1 records, got 2'],
    ['records without end', counting(batchOf('a'), 2 ** 31 - 1), 'expected 2147483647 records'],
    ['records that are too many', batchOf(...Array(50_001).fill('')), 'more than 50000 records'],
    ['what is no gzip', withRecords(batchOf('a'), Buffer.from('no gzip'), GZIP), 'expected gzip'],
    ['a bomb', packed(batchOf('x'.repeat(1 << 20))), 'expected gzip of at most'],
    ['lz4', withRecords(batchOf('a'), Buffer.from('any'), 3), 'got lz4'],
  ])('gives up %s, which counts as damage', async (_name, batch, message) => {
    batch.writeBigInt64BE(42n, AT.baseOffset);
    const failure: unknown = await valuesOf(batch).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(UnreadableRecords);
    expect(failure).toMatchObject({ retriable: true, message: expect.stringContaining(message) });
    expect(failure).toMatchObject({ message: expect.stringContaining('with offset 42 ') });
    expect(isDamage(failure)).toBe(true);
  });

  it('delivers what lies before such a batch: the next answer begins with it', async () => {
    const bad = withRecords(batchOf('c'), Buffer.from('any'), 3);
    expect(await valuesOf(batchOf('a'), packed(batchOf('b')), bad)).toEqual(['a', 'b']);
    await expect(valuesOf(bad, batchOf('d'))).rejects.toThrow(UnreadableRecords);
  });
});
