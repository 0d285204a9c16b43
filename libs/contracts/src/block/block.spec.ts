import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  ENTRY_HEADER_BYTES,
  FINGERPRINT_AT,
  fingerprintPrefixAt,
  MAX_EVENT_BYTES,
  readEntries,
  writeEntryHeader,
} from './block-body.js';
import {
  decodeBlock,
  encodeBlockHeader,
  MAX_BLOCK_BODY_BYTES,
  MAX_BLOCK_EVENTS,
} from './block-header.js';

const fingerprint = Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex');

function bodyOf(events: readonly Uint8Array[]): Buffer {
  return Buffer.concat(
    events.map((event) => {
      const entry = Buffer.alloc(ENTRY_HEADER_BYTES + event.length);
      writeEntryHeader(entry, 0, event.length, fingerprint);
      entry.set(event, ENTRY_HEADER_BYTES);
      return entry;
    }),
  );
}

/** No log has the position that it names. */
function beyondAllOffsets(third: Buffer): Buffer {
  const bytes = Buffer.from(third);
  bytes.writeUInt8(0x80, 24);
  return bytes;
}

describe('a block', () => {
  const header = { schemaId: 1, registryVersion: 7, count: 2, notAfterMs: 1_764_000_150_000 };
  const body = bodyOf([Buffer.from('ab', 'hex'), Buffer.from('cdef', 'hex')]);
  const record = Buffer.concat([encodeBlockHeader(header), body]);

  it('has this layout for ever, byte for byte', () => {
    expect(record.toString('hex')).toBe(
      '54420200' +
        '00000001' +
        '00000007' +
        '00000002' +
        '0000019ab69a31f0' +
        '00000001000102030405060708090a0b0c0d0e0fab' +
        '00000002000102030405060708090a0b0c0d0e0fcdef',
    );
  });

  it('of version 1 is read for ever, and does not say until when it may be appended', () => {
    const first = Buffer.concat([
      Buffer.from('54420100000000010000000700000002', 'hex'),
      record.subarray(24),
    ]);
    const { schemaId, registryVersion, count } = header;
    const known = { schemaId, registryVersion, count };
    expect(decodeBlock(first)).toEqual({
      kind: 'block',
      ...known,
      notAfterMs: undefined,
      catalogPosition: 0n,
      body,
    });
    expect(Buffer.concat([encodeBlockHeader(known), body])).toEqual(first);
  });

  it('of version 3 says what of the catalogue was known, and an earlier one that nothing was', () => {
    const third = Buffer.concat([encodeBlockHeader({ ...header, catalogPosition: 42n }), body]);
    expect(third.toString('hex', 0, 32)).toBe(
      '54420300' + '00000001' + '00000007' + '00000002' + '0000019ab69a31f0' + '000000000000002a',
    );
    expect(decodeBlock(third)).toEqual({ kind: 'block', ...header, catalogPosition: 42n, body });
    expect(decodeBlock(record)).toMatchObject({ catalogPosition: 0n });
    expect(encodeBlockHeader({ ...header, catalogPosition: 0n })).toEqual(record.subarray(0, 24));
    for (const bytes of [third.subarray(0, 31), beyondAllOffsets(third)])
      expect(decodeBlock(bytes)).toMatchObject({ kind: 'malformed' });
  });

  it('is read as it was written, without copying', () => {
    const block = decodeBlock(record);
    expect(block).toEqual({ kind: 'block', ...header, catalogPosition: 0n, body });
    const entries = readEntries(body, 2);
    expect(entries).toEqual({ kind: 'entries', starts: Uint32Array.of(0, 21, 43) });
    expect(body.subarray(21 + FINGERPRINT_AT, 21 + ENTRY_HEADER_BYTES)).toEqual(fingerprint);
    expect(fingerprintPrefixAt(body, 21)).toBe(0x00010203);
  });

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['a cut header', record.subarray(0, 23)],
    [
      'a cut header of version 1',
      encodeBlockHeader({ schemaId: 1, registryVersion: 7, count: 2 }).subarray(0, 15),
    ],
    ['zeros', Buffer.alloc(64)],
    ['another format version', Buffer.concat([Buffer.from('54420400', 'hex'), record.subarray(4)])],
    ['a flag', Buffer.concat([Buffer.from('54420201', 'hex'), record.subarray(4)])],
    ['format version 0', Buffer.concat([Buffer.from('54420000', 'hex'), record.subarray(4)])],
    ['no events', encodeBlockHeader({ ...header, count: 0 })],
    ['too many events', encodeBlockHeader({ ...header, count: MAX_BLOCK_EVENTS + 1 })],
    [
      'a body too large',
      Buffer.concat([encodeBlockHeader(header), Buffer.alloc(MAX_BLOCK_BODY_BYTES + 1)]),
    ],
  ])('refuses %s', (_, bytes) => {
    expect(decodeBlock(bytes)).toMatchObject({ kind: 'malformed' });
  });

  it('accepts a body exactly as long as its entries say, and no other', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 40 }), { minLength: 1, maxLength: 20 }),
        fc.nat(),
        (events, cut) => {
          const whole = bodyOf(events);
          expect(readEntries(whole, events.length)).toMatchObject({ kind: 'entries' });
          const shorter = whole.subarray(0, cut % whole.length);
          expect(readEntries(shorter, events.length)).toMatchObject({ kind: 'malformed' });
          const longer = Buffer.concat([whole, Buffer.alloc(1 + (cut % 30))]);
          expect(readEntries(longer, events.length)).toMatchObject({ kind: 'malformed' });
        },
      ),
    );
  });

  it('allocates nothing for a count that the bytes cannot hold', () => {
    expect(readEntries(Buffer.alloc(0), 0xffff_ffff)).toMatchObject({ kind: 'malformed' });
  });

  it('refuses an event that is too long', () => {
    expect(readEntries(bodyOf([Buffer.alloc(MAX_EVENT_BYTES + 1)]), 1)).toMatchObject({
      kind: 'malformed',
    });
  });
});
