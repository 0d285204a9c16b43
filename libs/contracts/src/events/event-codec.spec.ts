import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { type Event } from '../generated/avro/event.js';
import { CURRENT_SCHEMA_ID, decodeEvent, encodeEvent } from './event-codec.js';

const full: Event = {
  project: 'default',
  id: 'flights-20k:1',
  type: 'flight',
  subject: 'São Paulo ✈',
  time: 1_767_225_600_123,
  value: { unscaled: -999_999_999_999_999, scale: 6 },
  attributes: { destination: 'GRU', distance: 2.5, direct: true },
  timeAssigned: false,
};

function encoded(event: Event): Buffer {
  const bytes = Buffer.alloc(1024);
  return bytes.subarray(0, encodeEvent(event, bytes, 0));
}

describe('an event', () => {
  it.each([full, { ...full, value: null, attributes: {} }])('keeps every field: %j', (event) => {
    expect(decodeEvent(CURRENT_SCHEMA_ID, encoded(event))).toEqual(event);
  });

  it('has this encoding for as long as schema 2 is current, byte for byte', () => {
    const event: Event = {
      ...full,
      project: 'p',
      subject: 's',
      id: 'i',
      type: 't',
      attributes: { a: true },
    };
    expect(encoded(event).toString('hex')).toBe(
      '0270' +
        '0269' +
        '0274' +
        '0273' +
        'f6a1d5edee66' +
        '02' +
        'fdffb3ccd4dfc603' +
        '0c' +
        '02026104' +
        '0100' +
        '00',
    );
  });

  it('is not read from other bytes, or by a schema that nobody wrote with', () => {
    const bytes = encoded(full);
    expect(decodeEvent(CURRENT_SCHEMA_ID, bytes.subarray(1))).toBeUndefined();
    expect(decodeEvent(CURRENT_SCHEMA_ID, Buffer.concat([bytes, Buffer.of(0)]))).toBeUndefined();
    expect(decodeEvent(0, bytes)).toBeUndefined();
    expect(decodeEvent(CURRENT_SCHEMA_ID + 1, bytes)).toBeUndefined();
  });
});

/** Bytes that were written once, when the schema was made; the file never changes. */
describe('events that were stored with schema 1', () => {
  const stored = readFileSync(join(import.meta.dirname, '../../fixtures/event.1.hex'), 'utf8');

  it('are read for ever', () => {
    const events = stored
      .trim()
      .split('\n')
      .map((line) => decodeEvent(1, Buffer.from(line, 'hex')));
    expect(events).toEqual([
      expect.objectContaining({
        project: 'default',
        id: 'e-1',
        type: 'view',
        subject: 'vidéo-42',
        time: 1_767_225_600_123,
        value: { unscaled: -499, scale: 2 },
        attributes: { country: 'NL', weight: 1.5, new: true },
        timeAssigned: false,
      }),
      expect.objectContaining({
        id: 'flights-20k:1',
        subject: 'São Paulo ✈',
        time: 0,
        value: null,
        attributes: {},
      }),
      expect.objectContaining({
        id: 'x'.repeat(128),
        type: '7.a_b-c',
        time: 253_402_300_799_999,
        value: { unscaled: 999_999_999_999_999, scale: 6 },
        attributes: { empty: '', least: -Number.MAX_VALUE, no: false },
      }),
    ]);
  });
});

describe('events that were stored with schema 2', () => {
  const stored = readFileSync(join(import.meta.dirname, '../../fixtures/event.2.hex'), 'utf8');

  it('are read for ever', () => {
    const [named, assigned] = stored
      .trim()
      .split('\n')
      .map((line) => decodeEvent(2, Buffer.from(line, 'hex')));
    expect(named).toMatchObject({ id: 'e-1', time: 1_767_225_600_123, timeAssigned: false });
    expect(assigned).toMatchObject({ id: 'x'.repeat(128), time: 0, timeAssigned: true });
  });
});
