import { describe, expect, it } from '@jest/globals';
import type { Event } from '../generated/avro/event.js';
import { CURRENT_SCHEMA_ID, decodeEvent, encodeEvent } from './event-codec.js';

const event: Event = {
  project: 'default',
  id: 'e-1',
  type: 'view',
  subject: 'video-42',
  time: 1_767_225_600_123,
  value: { unscaled: -499, scale: 2 },
  attributes: {},
  timeAssigned: false,
};

function encoded(more: Partial<Event>): Buffer {
  const bytes = Buffer.alloc(8192);
  return bytes.subarray(0, encodeEvent({ ...event, ...more }, bytes, 0));
}

/** A number as Avro writes it. */
function long(value: bigint): Buffer {
  const bytes: number[] = [];
  let left = value >= 0n ? value * 2n : -value * 2n - 1n;
  for (; left >= 0x80n; left >>= 7n) bytes.push(Number(left & 0x7fn) | 0x80);
  return Buffer.from([...bytes, Number(left)]);
}

const text = (bytes: Buffer | string) =>
  Buffer.concat([long(BigInt(Buffer.from(bytes).length)), Buffer.from(bytes)]);

/** Behind the attributes: the time was not assigned. */
const TIME_NAMED = Buffer.of(0);
/** The event up to its attributes, and then those as they are given. */
const withAttributes = (...attributes: readonly Buffer[]) =>
  Buffer.concat([encoded({}).subarray(0, -2), ...attributes, TIME_NAMED]);
/** An event whose subject has these bytes. */
const withSubject = (subject: Buffer) =>
  Buffer.concat([
    ...['default', 'e-1', 'view'].map(text),
    subject,
    Buffer.from([0, 0, 0, 0]), // no time, no value, no attributes, none assigned
  ]);

const decode = (bytes: Buffer) => decodeEvent(CURRENT_SCHEMA_ID, bytes);
const END = Buffer.of(0);

describe('bytes that anybody may have written', () => {
  it.each([
    ['a map of 2^40 entries', withAttributes(long(2n ** 40n))],
    ['a map of 2^63 entries', withAttributes(long(2n ** 63n - 1n))],
    ['a block of -2^40 entries', withAttributes(long(-(2n ** 40n)), long(3n), END)],
    ['a block longer than the rest', withAttributes(long(-1n), long(2n ** 40n), END)],
    ['a block of a negative length', withAttributes(long(-1n), long(-9n), END)],
    ['blocks without an end', withAttributes(...Array.from({ length: 3 }, () => long(-0n - 1n)))],
    ['a text longer than the rest', withSubject(long(2n ** 40n))],
    ['a text of a negative length', withSubject(long(-3n))],
    ['a number without an end', withSubject(Buffer.alloc(4096, 0xff))],
    ['nothing', Buffer.alloc(0)],
    ['a branch of no union', Buffer.concat([encoded({}).subarray(0, 31), long(7n)])],
    ['a branch of a negative number', withAttributes(long(1n), text('a'), long(-1n), END)],
    ['a boolean that is neither', withAttributes(long(1n), text('a'), Buffer.of(4, 2), END)],
  ])('%s is no event', (_, bytes) => {
    expect(decode(bytes)).toBeUndefined();
    // What follows in memory is not read either.
    const among = Buffer.concat([bytes, Buffer.alloc(1000)]);
    expect(decodeEvent(CURRENT_SCHEMA_ID, among, 0, bytes.length)).toBeUndefined();
  });

  it.each([
    ['a NUL', Buffer.from('a\0b')],
    ['a byte that begins nothing', Buffer.from([0x61, 0xff])],
    ['a sequence that is cut', Buffer.from([0xf0, 0x9f, 0x98])],
    ['half of a surrogate pair', Buffer.from([0xed, 0xa0, 0x80])],
    ['a longer form than it needs', Buffer.from([0xc0, 0xaf])],
  ])('a text with %s is none', (_, bytes) => {
    expect(decode(withSubject(text(bytes)))).toBeUndefined();
    expect(
      decode(withSubject(text(Buffer.concat([bytes, Buffer.alloc(40, 'x')])))),
    ).toBeUndefined();
  });

  it('a text may hold the sign that decoders put for what they cannot read', () => {
    expect(decode(withSubject(text('a\ufffd✈')))?.subject).toBe('a\ufffd✈');
  });

  it.each<[string, Partial<Event>, Partial<Event>]>([
    ['id', { id: 'é'.repeat(64) }, { id: `${'é'.repeat(64)}x` }],
    ['type', { type: 'x'.repeat(64) }, { type: 'x'.repeat(65) }],
    ['project', { project: 'x'.repeat(64) }, { project: 'x'.repeat(65) }],
    ['subject', { subject: 'x'.repeat(512) }, { subject: 'x'.repeat(513) }],
    ['attribute', { attributes: { a: 'x'.repeat(256) } }, { attributes: { a: 'x'.repeat(257) } }],
    ['name', { attributes: { ['x'.repeat(64)]: 1 } }, { attributes: { ['x'.repeat(65)]: 1 } }],
  ])('the longest %s is read, a longer one is not', (_, longest, longer) => {
    expect(decode(encoded(longest))).toMatchObject(longest);
    expect(decode(encoded(longer))).toBeUndefined();
  });

  it('has at most 32 attributes, in however many blocks', () => {
    const entry = (name: number) => Buffer.concat([text(`a${name}`), Buffer.of(4, 1)]);
    const blocks = (count: number) =>
      Array.from({ length: count }, (__, name) => [long(1n), entry(name)]).flat();
    const sized = [long(-1n), long(BigInt(entry(40).length)), entry(40)];
    expect(
      Object.keys(decode(withAttributes(...blocks(31), ...sized, END))?.attributes ?? {}),
    ).toHaveLength(32);
    expect(decode(withAttributes(...blocks(32), ...sized, END))).toBeUndefined();
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    'has no attribute %p',
    (weight) => expect(decode(encoded({ attributes: { weight } }))).toBeUndefined(),
  );

  it('has whole numbers that doubles hold', () => {
    const timed = (time: bigint) =>
      Buffer.concat([...['default', 'e-1', 'view', 's'].map(text), long(time), Buffer.of(0, 0, 0)]);
    for (const time of [
      0n,
      -1n,
      63n,
      64n,
      -65n,
      2n ** 28n,
      2n ** 31n,
      -(2n ** 40n),
      2n ** 52n - 1n,
    ])
      expect(decode(timed(time))?.time).toBe(Number(time));
    for (const time of [2n ** 52n, 2n ** 53n + 1n, -(2n ** 53n), 2n ** 63n - 1n, -(2n ** 63n)])
      expect(decode(timed(time))).toBeUndefined();
    const scaled = (scale: bigint) =>
      Buffer.concat([
        encoded({ value: null }).subarray(0, -3),
        long(1n),
        long(1n),
        long(scale),
        END,
        TIME_NAMED,
      ]);
    expect(decode(scaled(6n))?.value).toEqual({ unscaled: 1, scale: 6 });
    expect(decode(scaled(2n ** 31n))).toBeUndefined();
  });

  it('has attributes that are called like what objects have', () => {
    const attributes = { constructor: 'a', toString: true, hasOwnProperty: 1 };
    expect(Object.entries(decode(encoded({ attributes }))?.attributes ?? {})).toEqual(
      Object.entries(attributes),
    );
    const proto = withAttributes(long(1n), text('__proto__'), Buffer.of(4, 1), END);
    expect(decode(proto)).toBeUndefined();
  });
});
