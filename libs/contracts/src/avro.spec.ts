import { describe, expect, it } from '@jest/globals';
import avsc from 'avsc';
import { EVENT_SCHEMA, type Event } from './generated/avro/event.js';

const type = avsc.Type.forSchema(EVENT_SCHEMA as unknown as avsc.Schema);

const full: Event = {
  project: 'default',
  id: 'flights-20k:1',
  type: 'flight',
  subject: 'São Paulo ✈',
  time: 1_767_225_600_123,
  value: { unscaled: -999_999_999_999_999, scale: 6 },
  attributes: { destination: 'GRU', distance: 2.5, direct: true },
};

describe('the event schema', () => {
  it.each([full, { ...full, value: null, attributes: {} }])('keeps every field: %j', (event) => {
    expect(type.fromBuffer(type.toBuffer(event))).toEqual(event);
  });

  it('has this encoding for ever, byte for byte', () => {
    const event: Event = {
      ...full,
      project: 'p',
      subject: 's',
      id: 'i',
      type: 't',
      attributes: { a: true },
    };
    expect(type.toBuffer(event).toString('hex')).toBe(
      '0270' +
        '0269' +
        '0274' +
        '0273' +
        'f6a1d5edee66' +
        '02' +
        'fdffb3ccd4dfc603' +
        '0c' +
        '02026104' +
        '0100',
    );
  });

  it('refuses an event without a subject', () => {
    expect(type.isValid({ ...full, subject: undefined })).toBe(false);
  });
});
