import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  deadLettersTopic,
  decodeDeadLetter,
  encodeDeadLetter,
  type DeadLetter,
} from './dead-letter.js';

/** One event of the bytes `ab`, with a fingerprint of zeros. */
const entry = Buffer.from(`00000001${'00'.repeat(16)}ab`, 'hex');

const letter: DeadLetter = {
  shard: 1,
  standing: [{ shard: 2, from: 3n, to: 9n, lastLetter: 4n }],
  ranges: [
    { from: 5n, to: 7n },
    { from: 8n, to: 9n },
  ],
  records: [
    {
      offset: 6n,
      appendMs: 1_764_000_000_000,
      schemaId: 2,
      registryVersion: 7,
      catalogPosition: 0n,
      counted: 1,
      duplicates: 2,
      conflicting: 0,
      tooLate: 3,
      dead: 0,
      expired: 0,
      body: entry,
      deadIndexes: [],
    },
  ],
};

/** The letter with some of its fields replaced. */
function decodedWith(change: Partial<DeadLetter>): ReturnType<typeof decodeDeadLetter> {
  return decodeDeadLetter(encodeDeadLetter({ ...letter, ...change }));
}

describe('a dead letter', () => {
  const bytes = encodeDeadLetter(letter);

  it('has this layout for ever, byte for byte', () => {
    expect(bytes.toString('hex')).toBe(
      '54440100' +
        '00000001' +
        '00000001' +
        '00000002' +
        '00000001' +
        '00000002000000000000000300000000000000090000000000000004' +
        '00000000000000050000000000000007' +
        '00000000000000080000000000000009' +
        '0000000000000006' +
        '0000019ab697e800' +
        '00000002' +
        '00000007' +
        '00000001' +
        '0000000200000000000000030000000000000000' +
        '00000015' +
        entry.toString('hex'),
    );
  });

  it('is read as it was written', () => {
    expect(decodeDeadLetter(bytes)).toEqual({ kind: 'letter', ...letter });
  });

  it('says what of the catalogue was known to its blocks, and which dead events are kept', () => {
    const [record] = letter.records;
    if (record === undefined) throw new Error('expected a record');
    const deadIndexes = [
      { from: 0, to: 2 },
      { from: 5, to: 6 },
    ];
    const more = { ...letter, records: [{ ...record, catalogPosition: 42n, deadIndexes }] };
    const second = encodeDeadLetter(more);
    const end = bytes.length - entry.length;
    expect(second.toString('hex')).toBe(
      `54440200${bytes.toString('hex', 4, end)}000000000000002a${entry.toString('hex')}` +
        '00000002' +
        '0000000000000002' +
        '0000000500000006',
    );
    expect(decodeDeadLetter(second)).toEqual({ kind: 'letter', ...more });
    for (let length = 0; length < second.length; length++)
      expect(decodeDeadLetter(second.subarray(0, length)).kind).toBe('malformed');
    for (const wrong of [[{ from: 1, to: 1 }], [...deadIndexes].reverse()])
      expect(decodedWith({ records: [{ ...record, deadIndexes: wrong }] }).kind).toBe('malformed');
  });

  it('has a topic beside that of its events', () => {
    expect(deadLettersTopic('events-0123456789abcdef')).toBe('dead-letters-0123456789abcdef');
    expect(() => deadLettersTopic('events-0')).toThrow(RangeError);
  });

  it('is none when a byte is missing, or one too many', () => {
    for (let length = 0; length < bytes.length; length++)
      expect(decodeDeadLetter(bytes.subarray(0, length)).kind).toBe('malformed');
    expect(decodeDeadLetter(Buffer.concat([bytes, Buffer.alloc(1)])).kind).toBe('malformed');
  });

  it('has its records in its ranges, and both in their order', () => {
    const [record] = letter.records;
    if (record === undefined) throw new Error('expected a record');
    const at = (offset: bigint) => ({ ...record, offset });
    expect(decodedWith({ records: [at(7n)] }).kind).toBe('malformed');
    expect(decodedWith({ records: [at(9n)] }).kind).toBe('malformed');
    expect(decodedWith({ records: [at(4n)] }).kind).toBe('malformed');
    expect(decodedWith({ records: [at(8n)] }).kind).toBe('letter');
    expect(decodedWith({ records: [at(6n), at(6n)] }).kind).toBe('malformed');
    expect(decodedWith({ ranges: [...letter.ranges].reverse() }).kind).toBe('malformed');
    expect(decodedWith({ ranges: [{ from: 7n, to: 7n }] }).kind).toBe('malformed');
  });

  it('has as many events as it says, at a time that a clock may have', () => {
    const [record] = letter.records;
    if (record === undefined) throw new Error('expected a record');
    expect(decodedWith({ records: [{ ...record, counted: 2 }] }).kind).toBe('malformed');
    expect(decodedWith({ records: [{ ...record, counted: 0 }] }).kind).toBe('malformed');
    expect(decodedWith({ records: [{ ...record, appendMs: 2 ** 62 }] }).kind).toBe('malformed');
  });

  it('that somebody else wrote is a letter or is not, and nothing else happens', () => {
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(255), (at, byte) => {
        const spoiled = Buffer.from(bytes);
        spoiled[at] = byte;
        expect(['letter', 'malformed']).toContain(decodeDeadLetter(spoiled).kind);
      }),
      { numRuns: 2000 },
    );
    const counts = Buffer.from(bytes);
    counts.writeUInt32BE(0xffff_ffff, 16);
    expect(decodeDeadLetter(counts).kind).toBe('malformed');
  });
});
