import { describe, expect, it } from '@jest/globals';
import avsc from 'avsc';
import fc from 'fast-check';
import { EVENT_SCHEMAS, type Event } from '../generated/avro/event.js';
import { isAscii } from './ascii.js';
import { contentHash } from './content-hash.js';
import { CURRENT_SCHEMA_ID, decodeEvent } from './event-codec.js';
import { END_OF_TIME_MS } from './event-rules.js';
import { EventScanner } from './event-scanner.js';

const scanner = new EventScanner();

const text = (maxLength: number) =>
  fc.oneof(
    { arbitrary: fc.string({ minLength: 1, maxLength }), weight: 9 },
    fc.constantFrom('', 'é', 'x'.repeat(maxLength), 'x'.repeat(maxLength + 1), 'a\0', '__proto__'),
  );
const attribute = fc.oneof(text(256), fc.double({ noNaN: true }), fc.boolean());
const someEvent: fc.Arbitrary<Event> = fc.record({
  project: fc.constantFrom('default', 'p', ''),
  id: text(128),
  type: fc.constantFrom('view', 'x'.repeat(64)),
  subject: text(512),
  time: fc.oneof(
    fc.integer({ min: 0, max: 2e12 }),
    fc.constantFrom(0, -1, END_OF_TIME_MS - 1, END_OF_TIME_MS, 2 ** 51),
  ),
  value: fc.option(
    fc.record({
      unscaled: fc.oneof(fc.integer(), fc.constantFrom(0, -1, 999_999_999_999_999)),
      scale: fc.nat(7),
    }),
  ),
  attributes: fc.oneof(
    fc.constant({}),
    fc.dictionary(text(64), attribute, { noNullPrototype: true, maxKeys: 4 }),
  ),
  timeAssigned: fc.boolean(),
});

const types = new Map(
  [...EVENT_SCHEMAS].map(([id, schema]) => [id, avsc.Type.forSchema(schema as avsc.Schema)]),
);
const someSchema = fc.constantFrom(...types.keys());
const encoded = (schemaId: number, event: Event) => {
  const bytes = types.get(schemaId)?.toBuffer(event) ?? Buffer.alloc(0);
  return Buffer.concat([Buffer.alloc(2, 0xff), bytes, Buffer.alloc(2, 0xff)]);
};
const scan = (schemaId: number, bytes: Buffer) =>
  scanner.scan(schemaId, bytes, 2, bytes.length - 2);
const decode = (schemaId: number, bytes: Buffer) =>
  decodeEvent(schemaId, bytes, 2, bytes.length - 2);

/** What was found must be what the decoder finds. */
function expectSame(bytes: Buffer, event: Event): void {
  const at = (from: number, to: number) => bytes.toString('utf8', from, to);
  const { project, projectEnd, type, typeEnd, subject, subjectEnd } = scanner;
  expect({
    project: at(project, projectEnd),
    type: at(type, typeEnd),
    subject: at(subject, subjectEnd),
    time: scanner.timeMs,
    value: scanner.isValued ? { unscaled: scanner.unscaled, scale: scanner.scale } : null,
    content: scanner.content,
  }).toEqual({
    project: event.project,
    type: event.type,
    subject: event.subject,
    time: event.time,
    value: event.value === null ? null : { ...event.value },
    content: contentHash(bytes, 2, bytes.length - 2),
  });
  expect(at(scanner.names, subjectEnd).endsWith(event.subject)).toBe(true);
}

/** A text of these that nobody has checked yet. */
const hasUncheckedNames = (bytes: Buffer) => {
  const { project, projectEnd, names, subjectEnd } = scanner;
  return !isAscii(bytes, project, projectEnd) || !isAscii(bytes, names, subjectEnd);
};

describe('an event that is scanned', () => {
  it('is in its parts what the decoder finds', () => {
    let scanned = 0;
    fc.assert(
      fc.property(someEvent, someSchema, (event, schemaId) => {
        const bytes = encoded(schemaId, event);
        if (!scan(schemaId, bytes)) return;
        scanned += 1;
        const decoded = decode(schemaId, bytes);
        if (decoded === undefined)
          expect(hasUncheckedNames(bytes) || event.subject.length > 512).toBe(true);
        else expectSame(bytes, decoded);
      }),
      { numRuns: 5000 },
    );
    expect(scanned).toBeGreaterThan(1000);
  });

  it('is one for the decoder too, when any of its bytes is another', () => {
    const change = fc.tuple(fc.nat(), fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 2, 0x80)));
    fc.assert(
      fc.property(
        someEvent,
        someSchema,
        fc.array(change, { maxLength: 3 }),
        (event, id, changes) => {
          const bytes = encoded(id, event);
          for (const [at, byte] of changes) bytes[2 + (at % (bytes.length - 4))] = byte;
          if (!scan(id, bytes)) return;
          const decoded = decode(id, bytes);
          if (decoded !== undefined) expectSame(bytes, decoded);
          else
            expect(
              hasUncheckedNames(bytes) ||
                scanner.subjectEnd - scanner.subject > 512 ||
                scanner.typeEnd - scanner.type > 64 ||
                scanner.projectEnd - scanner.project > 64 ||
                // What the decoder does not read as a number of 32 bits is no exact decimal either.
                scanner.scale > 6 ||
                scanner.scale < 0,
            ).toBe(true);
        },
      ),
      { numRuns: 20_000 },
    );
  });

  it('is in its usual form what clients send', () => {
    const usual: Event = {
      project: 'default',
      id: 'order 17/3',
      type: 'view',
      subject: 'vidéo-42',
      time: 1_767_225_600_123,
      value: { unscaled: -499, scale: 2 },
      attributes: { country: 'NL', weight: 1.5, new: true, page: `/${'x'.repeat(200)}` },
      timeAssigned: false,
    };
    const more: Partial<Event>[] = [
      {},
      { value: null, attributes: {} },
      { timeAssigned: true },
      { subject: `https://example.com/${'y'.repeat(400)}`, id: 'z'.repeat(128), time: 0 },
    ];
    for (const schemaId of types.keys())
      for (const one of more)
        expect(scan(schemaId, encoded(schemaId, { ...usual, ...one }))).toBe(true);
  });

  it('is left to the decoder in any other form', () => {
    const event: Event = {
      project: 'p',
      id: 'é',
      type: 'view',
      subject: 's',
      time: 0,
      value: null,
      attributes: {},
      timeAssigned: false,
    };
    expect(scan(CURRENT_SCHEMA_ID, encoded(CURRENT_SCHEMA_ID, event))).toBe(false);
    const bytes = encoded(CURRENT_SCHEMA_ID, { ...event, id: 'e' });
    expect(scan(CURRENT_SCHEMA_ID, bytes)).toBe(true);
    expect(scan(CURRENT_SCHEMA_ID + 1, bytes)).toBe(false);
    for (let to = 2; to < bytes.length - 2; to++)
      expect(scanner.scan(CURRENT_SCHEMA_ID, bytes, 2, to)).toBe(false);
  });
});
