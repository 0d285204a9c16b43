import { isUtf8 } from 'node:buffer';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { OVERSIZED_EVENT, readAll, type WholeBatch } from '../../test/support/read-all.js';
import { BATCH_SIZES, type BatchStep, type RefusedBatch } from './batch-step.js';
import { scanJson } from './json-scan.js';
import { walkJson } from './json-walk.js';
import { MAX_EVENTS } from './limits.js';
import { readBatch, type BatchFormat } from './read-batch.js';

/** The same at once, as simply as it can be said: JSON.parse of the whole text, or of each line. */
function parseWhole(bytes: Buffer, format: BatchFormat): WholeBatch | RefusedBatch {
  const refused = (detail: string): RefusedBatch => ({
    kind: 'refused',
    code: 'invalid_argument',
    detail,
  });
  if (!isUtf8(bytes)) return refused('expected UTF-8, got other bytes');
  if (scanJson(bytes).isTooDeep) return refused('expected at most 8 levels of nesting');
  const texts = format === 'json' ? [bytes.toString()] : bytes.toString().split('\n');
  const events: unknown[] = [];
  const inexact: number[] = [];
  for (const [line, text] of texts.entries()) {
    if (format === 'ndjson' && /^[ \t\r]*$/.test(text)) continue;
    const walk = walkJson(text);
    try {
      const value: unknown = JSON.parse(text);
      const isList = format === 'json' && Array.isArray(value);
      if (format === 'json' && (typeof value !== 'object' || value === null))
        return refused('expected an event (an object) or an array of events');
      if (walk.kind === 'walked')
        inexact.push(
          ...(format === 'json'
            ? [...walk.inexact].sort((one, other) => one - other)
            : walk.inexact.size > 0
              ? [events.length]
              : []),
        );
      events.push(...(isList ? (value as unknown[]) : [value]));
    } catch {
      const at = `character ${walk.kind === 'malformed' ? walk.at : NaN}`;
      return refused(
        format === 'json'
          ? `expected JSON, but it is malformed at ${at}`
          : `expected a JSON object per line, but it is malformed at line ${line + 1}, ${at}`,
      );
    }
  }
  if (events.length === 0) return refused('expected at least one event, got none');
  return { kind: 'batch', events, inexact };
}

const value = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }).map((one) => JSON.stringify(one)),
  fc.constantFrom(
    '{"value":1.0000000000000000001}',
    '{"value":1e3}',
    '{"id":"é😀\\u0041\\"\\\\","value":12345678901234567890}',
    '{"value":1.0000000000000000001,"value":1}',
    '-0.5E+7',
    '[[[[{"a":[1,2,{"b":3}]}]]]]',
    '[[[[[[[[1]]]]]]]]',
    ' ',
    '',
  ),
);
const space = fc.constantFrom('', '', ' ', '\n', '\r\n\t');
const list = fc
  .array(
    fc.tuple(space, value, space).map((parts) => parts.join('')),
    { maxLength: 12 },
  )
  .map((all) => `[${all.join(',')}]`);
const lines = fc.array(value, { maxLength: 12 }).map((all) => all.join('\n'));
const text = fc.oneof(
  list,
  lines,
  value,
  fc.tuple(space, list, space).map((all) => all.join('')),
);
const broken = fc
  .tuple(
    text,
    fc.nat(300),
    fc.nat(2),
    fc.constantFrom(
      ...['', ',', '}', ']', '[', '{', '"', '\\', 'e', '.', '-', '\\u00', ':', '0', '00'],
      ...['\n', '\u0001', 'tru', 'nul', 'é', '😀', ' x', '1.', '1e', '-x', '"\\x'],
    ),
  )
  .map(([whole, at, cut, put]) => whole.slice(0, at) + put + whole.slice(at + cut));
const cutShort = fc.tuple(text, fc.nat(300)).map(([whole, at]) => whole.slice(0, at));
const body = fc.oneof(
  { weight: 4, arbitrary: broken.map((one) => Buffer.from(one)) },
  { weight: 3, arbitrary: text.map((one) => Buffer.from(one)) },
  { weight: 2, arbitrary: cutShort.map((one) => Buffer.from(one)) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 60 }).map((one) => Buffer.from(one)) },
);
const format = fc.constantFrom<BatchFormat>('json', 'ndjson');
const small = fc.integer({ min: 1, max: 40 });

describe('a batch that is read in steps', () => {
  it('is what it is when it is parsed at once, or refused for the same reason, wherever the steps end', () => {
    fc.assert(
      fc.property(body, format, small, small, (bytes, as, stepBytes, groupBytes) => {
        const expected = parseWhole(bytes, as);
        expect(readAll(bytes, as, { ...BATCH_SIZES, stepBytes, groupBytes })).toEqual(expected);
      }),
      { numRuns: 4000 },
    );
  });

  it('is refused for the same reason when some of its events are oversized, else nothing but they differ', () => {
    fc.assert(
      fc.property(body, format, small, fc.integer({ min: 1, max: 6 }), (bytes, as, step, marks) => {
        const sizes = { stepBytes: step, groupBytes: 12, maxEventBytes: 25, maxEventMarks: marks };
        const expected = parseWhole(bytes, as);
        const found = readAll(bytes, as, sizes);
        if (expected.kind === 'refused' || found.kind === 'refused') {
          expect(found).toEqual(expected);
          return;
        }
        expect(found.events).toHaveLength(expected.events.length);
        found.events.forEach((event, index) => {
          if (event !== OVERSIZED_EVENT) expect(event).toEqual(expected.events[index]);
          else {
            const text = JSON.stringify(expected.events[index]);
            expect(bytes.length).toBeGreaterThan(Math.min(25, 2 * marks));
            expect(typeof text).toBe('string');
          }
        });
      }),
      { numRuns: 2000 },
    );
  });
});

const names = (count: number) => Array.from({ length: count }, (_, at) => `"n${at}":1`).join(',');
const stepsOf = (bytes: Buffer, as: BatchFormat = 'json', sizes = BATCH_SIZES): BatchStep[] => [
  ...readBatch(bytes, as, sizes),
];

describe('a batch that would take long', () => {
  const manyNames = `{"type":"view","subject":"s","attributes":{${names(500_000)}}}`;
  const fresh = (event: number) =>
    `{"type":"view","subject":"s","attributes":{${Array.from({ length: 32 }, (_, at) => `"n${event}x${at}":1`).join(',')}}}`;
  const events = Array.from({ length: 9000 }, (_, at) => fresh(at));

  it.each([
    ['json', manyNames],
    ['json', `[${manyNames}]`],
    ['ndjson', `${manyNames}\n`],
  ] as const)('as %s: an event with 500 000 names is never parsed', (as, text) => {
    const steps = stepsOf(Buffer.from(text), as);
    expect(steps.filter(({ kind }) => kind === 'events').flatMap((step) => eventsOf(step))).toEqual(
      [],
    );
    expect(steps.filter(({ kind }) => kind === 'oversized')).toHaveLength(1);
    // It is looked at twice: for what it is, and whether it is JSON.
    expect(steps.length).toBeGreaterThanOrEqual((2 * text.length) / BATCH_SIZES.stepBytes - 2);
  });

  it.each([
    ['json', `[${events.join(',')}]`],
    ['ndjson', events.join('\n')],
  ] as const)(
    'as %s: 9000 events with names of their own are handed on in small parts',
    (as, text) => {
      const steps = stepsOf(Buffer.from(text), as).filter(({ kind }) => kind === 'events');
      const most = Math.ceil((2 * BATCH_SIZES.groupBytes) / fresh(0).length);
      for (const step of steps) expect(eventsOf(step).length).toBeLessThanOrEqual(most);
      expect(steps.flatMap(eventsOf)).toHaveLength(9000);
      // Control: without groups it is one step, as it was.
      const whole = { ...BATCH_SIZES, groupBytes: Infinity, maxEventBytes: Infinity };
      const atOnce = stepsOf(Buffer.from(text), as, whole).filter(({ kind }) => kind === 'events');
      expect(atOnce.map((step) => eventsOf(step).length)).toEqual([9000]);
    },
  );

  it('more events than are allowed are not parsed, but a malformed body is called so', () => {
    const many = `[${'{},'.repeat(200_000)}{}]`;
    const kinds = (text: string) =>
      stepsOf(Buffer.from(text)).filter(({ kind }) => kind !== 'read');
    expect(kinds(many)).toEqual([expect.objectContaining({ code: 'payload_too_large' })]);
    expect(kinds(`${many}x`)).toEqual([
      expect.objectContaining({
        code: 'invalid_argument',
        detail: `expected JSON, but it is malformed at character ${many.length}`,
      }),
    ]);
    expect(200_001).toBeGreaterThan(MAX_EVENTS);
  });
});

function eventsOf(step: BatchStep): readonly unknown[] {
  return step.kind === 'events' ? step.events : [];
}
