import { describe, expect, it } from '@jest/globals';
import {
  CURRENT_SCHEMA_ID,
  decodeEvent,
  ENTRY_HEADER_BYTES,
  FINGERPRINT_AT,
  readEntries,
  type Event,
} from '@tally/contracts';
import { fingerprintOf } from '@tally/placement';
import { EventBody } from './event-body.js';

const event = (id: string, subject: string): Event => ({
  project: 'default',
  id,
  type: 'view',
  subject,
  time: 1,
  value: null,
  attributes: {},
  timeAssigned: false,
});

describe('the body of an append', () => {
  it.each([0, 1, 19, 20, 21, 100, 10_000])(
    'has its events one behind the other, with %i bytes to begin with',
    (bytes) => {
      const body = new EventBody(bytes);
      const events = Array.from({ length: 300 }, (_, index) =>
        event(`id ${index}`, 'é'.repeat(1 + ((index * 37) % 256))),
      );
      for (const one of events) body.add(one);
      expect(body.count).toBe(300);
      const entries = readEntries(body.bytes, body.count);
      if (entries.kind !== 'entries') throw new Error(entries.reason);
      const found = events.map((_, index) => {
        const [from = 0, to = 0] = entries.starts.subarray(index, index + 2);
        return decodeEvent(CURRENT_SCHEMA_ID, body.bytes.subarray(from + ENTRY_HEADER_BYTES, to));
      });
      expect(found).toEqual(events);
      const last = entries.starts[299] ?? 0;
      expect(body.bytes.subarray(last + FINGERPRINT_AT, last + ENTRY_HEADER_BYTES)).toEqual(
        fingerprintOf('default', 'id 299'),
      );
    },
  );

  it('has events as docs/formats/event.md shows them', () => {
    const body = new EventBody(0);
    body.add({
      ...event('e-1', 'vidéo-42'),
      time: Date.UTC(2026, 0, 1, 0, 0, 0, 123),
      value: { unscaled: -499, scale: 2 },
      attributes: { country: 'NL', weight: 1.5, new: true },
    });
    const encoded =
      '0e64656661756c74' +
      '06652d31' +
      '0876696577' +
      '12766964c3a96f2d3432' +
      'f6a1d5edee66' +
      '02e50704' +
      '06' +
      '0e636f756e74727900044e4c' +
      '0c77656967687402000000000000f83f' +
      '066e65770401' +
      '00' +
      '00';
    expect(body.bytes.toString('hex')).toBe(
      '0000004a' + '34880813947ce8c30d12573c0bc9fa20' + encoded,
    );
  });
});
