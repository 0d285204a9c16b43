import { describe, expect, it } from '@jest/globals';
import avsc from 'avsc';
import fc from 'fast-check';
import { EVENT_SCHEMAS, type Event } from '../generated/avro/event.js';
import { CONTENT_HASH_BITS, contentHash } from './content-hash.js';
import { encodeEvent } from './event-codec.js';

const event: Event = {
  project: 'default',
  id: 'e-1',
  type: 'view',
  subject: 'vidéo-42',
  time: 1_767_225_600_123,
  value: { unscaled: -499, scale: 2 },
  attributes: { country: 'NL', weight: 1.5, new: true },
  timeAssigned: false,
};

function encoded(more: Partial<Event> = {}): Buffer {
  const bytes = Buffer.alloc(16_384);
  return bytes.subarray(0, encodeEvent({ ...event, ...more }, bytes, 0));
}

function hashOf(more: Partial<Event> = {}): number {
  const bytes = Buffer.concat([Buffer.alloc(3, 0xff), encoded(more), Buffer.alloc(3, 0xff)]);
  return contentHash(bytes, 3, bytes.length - 3);
}

describe('the hash of the contents of an event', () => {
  it('is the same for ever, as windows are read back by later versions', () => {
    expect([hashOf(), hashOf({ value: null, attributes: {} })]).toEqual([13_445, 39_115]);
  });

  it.each([
    ['another id or project', { id: 'e-2', project: 'p' }],
    ['its attributes in another order', { attributes: { new: true, weight: 1.5, country: 'NL' } }],
  ])('does not change with %s', (_, more) => {
    expect(hashOf(more)).toBe(hashOf());
  });

  it.each<[string, Partial<Event>]>([
    ['type', { type: 'viev' }],
    ['subject', { subject: 'vidéo-43' }],
    ['time', { time: event.time + 1 }],
    ['value', { value: { unscaled: -499, scale: 1 } }],
    ['value, or none', { value: null }],
    ['attribute', { attributes: { ...event.attributes, weight: 1.25 } }],
    ['name of an attribute', { attributes: { country: 'NL', weight: 1.5, old: true } }],
    ['values of two attributes changed round', { attributes: { a: 'x', b: 'y' } }],
    ['time, assigned and not', { timeAssigned: true }],
  ])('changes with the %s', (_, more) => {
    const before = 'a' in (more.attributes ?? {}) ? { attributes: { a: 'y', b: 'x' } } : {};
    expect(hashOf(more)).not.toBe(hashOf(before));
  });

  it('is that of another time if nobody named one', () => {
    expect(hashOf({ timeAssigned: true, time: 1 })).toBe(hashOf({ timeAssigned: true }));
    expect(hashOf({ timeAssigned: false, time: 1 })).not.toBe(hashOf({ timeAssigned: true }));
  });

  it('is that of the same event of the first schema', () => {
    const first = avsc.Type.forSchema(EVENT_SCHEMAS.get(1) as avsc.Schema);
    const bytes = first.toBuffer(event);
    expect(contentHash(bytes, 0, bytes.length)).toBe(hashOf());
  });

  it('spreads over all its bits', () => {
    const hashes = new Set<number>();
    const events = 2 ** CONTENT_HASH_BITS / 4;
    for (let time = 0; time < events; time++) hashes.add(hashOf({ time }));
    // Of n balls thrown into 4 n boxes, 4 n (1 - e^-1/4) find an empty one: 88.5 % of them.
    expect(hashes.size / events).toBeGreaterThan(0.87);
  });

  it('is 0 of bytes that are cut, and reads nothing behind them', () => {
    const whole = encoded({ timeAssigned: true });
    for (let to = 0; to < whole.length - 1; to++)
      expect([to, contentHash(whole, 0, to)]).toEqual([to, 0]);
  });

  it('has a hash for any bytes, in time that follows from their length', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const hash = contentHash(Buffer.from(bytes), 0, bytes.length);
        expect(hash >= 0 && hash < 2 ** CONTENT_HASH_BITS).toBe(true);
      }),
      { numRuns: 20_000 },
    );
  });
});
