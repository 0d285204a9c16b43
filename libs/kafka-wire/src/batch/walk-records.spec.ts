import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { WireWriter } from '../wire/wire-writer.js';
import { AT } from './batch-layout.js';
import { buildRecordBatch } from './record-batch.js';
import { ANY_RECORDS, READABLE, walkRecords } from './walk-records.js';

interface Odd {
  offset?: number;
  /** Length of the key, which has no bytes. */
  keyLength?: number;
  headers?: number;
  /** Headers that are there, of 2 bytes each. */
  realHeaders?: number;
  behind?: number;
  /** Instead of the true one. */
  length?: number;
}

function record({
  offset = 0,
  keyLength = -1,
  headers = 0,
  realHeaders = headers,
  behind = 0,
  length: wanted,
}: Odd): Buffer {
  const writer = new WireWriter().int8(0).varlong(0n).varint(offset).varint(keyLength);
  writer
    .varint(-1)
    .varint(headers)
    .raw(Buffer.alloc(2 * realHeaders + behind));
  const length = new WireWriter().varint(wanted ?? writer.length).finish();
  return Buffer.concat([...length, ...writer.finish()]);
}

describe('a walk over records', () => {
  it('finds nothing in any records of our own, and counts them', () => {
    const field = fc.option(fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)));
    const records = fc.array(fc.record({ key: field, value: field }), { minLength: 1 });
    fc.assert(
      fc.property(records, (wanted) => {
        const verdict = walkRecords(buildRecordBatch(wanted, 1000), AT.records, ANY_RECORDS);
        expect(verdict).toEqual({ kind: 'sound', count: wanted.length });
      }),
    );
  });

  it('lets headers pass, up to more than anybody needs where readers have to take them', () => {
    expect(walkRecords(record({ headers: 5000 }), 0, ANY_RECORDS)).toEqual({
      kind: 'sound',
      count: 1,
    });
    expect(walkRecords(record({ headers: 100 }), 0, READABLE)).toEqual({ kind: 'sound', count: 1 });
  });

  it.each<[string, Odd, string]>([
    ['says that it has more headers', { headers: 1e9, realHeaders: 0 }, 'at most 100 headers'],
    ['has fewer headers than it says', { headers: 3, realHeaders: 2 }, 'headers end behind'],
    ['has many headers', { headers: 101 }, 'expected at most 100 headers, got 101'],
    ['has less than no headers', { headers: -1, realHeaders: 0 }, 'got -1'],
    ['has bytes behind its headers', { behind: 2 }, '2 bytes behind its headers'],
    ['has another offset', { offset: 1 }, 'expected offset 0, got 1'],
    ['ends in its attributes', { length: 0 }, 'expected a time'],
    ['has a key of more bytes than it has', { keyLength: 100 }, 'its key ends behind'],
    ['has a key of less than none', { keyLength: -2 }, 'its key ends behind'],
  ])('finds a record that %s', (_name, odd, message) => {
    expect(walkRecords(record(odd), 0, READABLE)).toEqual({
      kind: 'unsound',
      message: expect.stringMatching(new RegExp(`^record 0: .*${message}`)),
    });
  });

  it('does not go over more records than may be', () => {
    const both = Buffer.concat([record({}), record({ offset: 1 })]);
    expect(walkRecords(both, 0, { ...READABLE, maxRecords: 2 }).kind).toBe('sound');
    const verdict = walkRecords(both, 0, { ...READABLE, maxRecords: 1 });
    expect(verdict).toEqual({ kind: 'unsound', message: 'more than 1 records' });
  });

  it('lets offsets be left out where that may be, and none come again', () => {
    const walked = (...offsets: number[]) =>
      walkRecords(Buffer.concat(offsets.map((offset) => record({ offset }))), 0, {
        ...READABLE,
        mayHaveGaps: true,
      });
    expect(walked(0, 3, 7)).toEqual({ kind: 'sound', count: 3 });
    expect(walked(2, 2)).toMatchObject({ message: 'record 1: expected offset 3, got 2' });
    expect(walked(2, 1).kind).toBe('unsound');
  });

  it('ends for any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        expect(['sound', 'unsound']).toContain(
          walkRecords(Buffer.from(bytes), 0, ANY_RECORDS).kind,
        );
      }),
    );
    const cut = record({}).subarray(0, -1);
    expect(walkRecords(cut, 0, READABLE)).toMatchObject({
      message: expect.stringContaining('a length of at'),
    });
    expect(walkRecords(Buffer.alloc(9, 0xff), 0, READABLE).kind).toBe('unsound');
  });
});
