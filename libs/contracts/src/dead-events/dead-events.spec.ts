import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  DEAD_CAUSES,
  deadEventsTopic,
  decodeDeadEvents,
  encodeDeadEvents,
  MAX_DEAD_BYTES,
  MAX_DEAD_REASON_BYTES,
  type DeadEvents,
} from './dead-events.js';

const dead: DeadEvents = {
  offset: 6n,
  appendMs: 1_764_000_000_000,
  schemaId: 2,
  registryVersion: 7,
  catalogPosition: 42n,
  reason: 'too old',
  events: [
    { index: 0, cause: 'malformed_event', length: 1, bytes: Buffer.from('ab', 'hex') },
    { index: 3, cause: 'too_late', length: 2, bytes: Buffer.from('cdef', 'hex') },
  ],
};

describe('dead events of a record', () => {
  const bytes = encodeDeadEvents(dead);

  it('have this layout for ever, byte for byte', () => {
    expect(bytes.toString('hex')).toBe(
      '54580100' +
        '0000000000000006' +
        '0000019ab697e800' +
        '00000002' +
        '00000007' +
        '000000000000002a' +
        '00000002' +
        '0007746f6f206f6c64' +
        '00000000010000000000000100000001ab' +
        '00000003040000000000000200000002cdef',
    );
    expect(DEAD_CAUSES).toEqual([
      'malformed_record',
      'malformed_event',
      'unknown_schema',
      'unknown_registry_version',
      'too_late',
      'unknown_catalog_position',
    ]);
  });

  it('are read as they were written', () => {
    expect(decodeDeadEvents(bytes)).toEqual({ kind: 'dead events', ...dead });
  });

  it('have a topic beside that of the events', () => {
    expect(deadEventsTopic('events-0123456789abcdef')).toBe('dead-events-0123456789abcdef');
    expect(() => deadEventsTopic('events-0')).toThrow(RangeError);
  });

  it('keep the beginning of what is too long, and say how long it was', () => {
    const long = Buffer.alloc(MAX_DEAD_BYTES + 5, 1);
    const read = decodeDeadEvents(
      encodeDeadEvents({
        ...dead,
        reason: 'é'.repeat(MAX_DEAD_REASON_BYTES),
        events: [{ index: 0, cause: 'malformed_record', length: long.length, bytes: long }],
      }),
    );
    expect(read).toMatchObject({
      reason: 'é'.repeat(MAX_DEAD_REASON_BYTES / 2),
      events: [{ length: long.length, bytes: long.subarray(0, MAX_DEAD_BYTES) }],
    });
  });

  it('are none when a byte is missing, or one too many, or their order is another', () => {
    for (let length = 0; length < bytes.length; length++)
      expect(decodeDeadEvents(bytes.subarray(0, length)).kind).toBe('malformed');
    expect(decodeDeadEvents(Buffer.concat([bytes, Buffer.alloc(1)])).kind).toBe('malformed');
    const reversed = { ...dead, events: [...dead.events].reverse() };
    expect(decodeDeadEvents(encodeDeadEvents(reversed)).kind).toBe('malformed');
    expect(decodeDeadEvents(encodeDeadEvents({ ...dead, events: [] })).kind).toBe('malformed');
  });

  it('that somebody else wrote are such or are not, and nothing else happens', () => {
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(255), (at, byte) => {
        const spoiled = Buffer.from(bytes);
        spoiled[at] = byte;
        expect(['dead events', 'malformed']).toContain(decodeDeadEvents(spoiled).kind);
      }),
      { numRuns: 2000 },
    );
  });
});
