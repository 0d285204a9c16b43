import { isUtf8 } from 'node:buffer';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  malformedEvent,
  OVERSIZED_EVENT,
  readAll,
  type WholeBatch,
} from '../../test/support/read-all.js';
import { BATCH_SIZES, type BatchStep, type RefusedBatch } from './batch-step.js';
import { scanJson } from './json-scan.js';
import { walkJson } from './json-walk.js';
import { MAX_EVENTS } from './limits.js';
import { readBatch, type BatchFormat } from './read-batch.js';

const refused = (detail: string): RefusedBatch => ({
  kind: 'refused',
  code: 'invalid_argument',
  detail,
});
const NOT_UTF8 = 'expected UTF-8, got other bytes';
const TOO_DEEP = 'expected at most 8 levels of nesting';
const UNSPLIT = '; where its events begin and end cannot be told, so none was taken';

const OF_LINES =
  '; where each line is an event, expected Content-Type application/x-ndjson, got that of a JSON text';

const ONE_TEXT = '; a text of several lines is sent as Content-Type application/json';

/** The same at once, as simply as it can be said: JSON.parse of each line or element, or of the whole. */
function parseWhole(bytes: Buffer, format: BatchFormat): WholeBatch | RefusedBatch {
  // Latin-1 has a character for each byte, so nothing is lost of what is no UTF-8.
  const text = bytes.toString('latin1');
  if (format === 'ndjson') {
    const lines = text.split('\n').map((line, at) => ({ line, where: `line ${at + 1}: ` }));
    return batchOf(lines.filter(({ line }) => !isBlank(line)).map(ofLine));
  }
  const elements = split(text);
  if (elements?.length === 1 && isBlank(elements[0])) return batchOf([]);
  if (elements !== undefined) return batchOf(elements.map(ofElement));
  if (!isUtf8(bytes)) return refused(NOT_UTF8);
  if (scanJson(bytes).isTooDeep) return refused(TOO_DEEP);
  const whole = bytes.toString();
  const walk = walkJson(whole);
  if (walk.kind === 'malformed') {
    const detail = `expected JSON, but it is malformed at character ${walk.at}`;
    const isOfLines =
      whole.trimStart().startsWith('{') && isJson(/^\s*([^\n]*)\n/.exec(whole)?.[1]);
    if (isOfLines) return refused(`${detail}${OF_LINES}`);
    return refused(/^[ \t\r\n]*\[/.test(whole) ? `${detail}${UNSPLIT}` : detail);
  }
  const value: unknown = JSON.parse(whole);
  return typeof value === 'object' && value !== null
    ? { kind: 'batch', events: [value], inexact: [...walk.inexact] }
    : refused('expected an event (an object) or an array of events');
}

const isJson = (text?: string) => text !== undefined && walkJson(text).kind !== 'malformed';
const isBlank = (text = '') => /^[ \t\r\n]*$/.test(text);

/** What one event is: its value and whether digits were lost, or why it is none. */
type One = { readonly value: unknown; readonly isInexact: boolean } | string;

function batchOf(all: readonly One[]): WholeBatch | RefusedBatch {
  if (all.length === 0) return refused('expected at least one event, got none');
  const events = all.map((one) => (typeof one === 'string' ? malformedEvent(one) : one.value));
  const inexact = all.flatMap((one, at) => (typeof one !== 'string' && one.isInexact ? [at] : []));
  return { kind: 'batch', events, inexact };
}

function ofLine({ line, where }: { line: string; where: string }): One {
  const bytes = Buffer.from(line, 'latin1');
  if (!isUtf8(bytes)) return where + NOT_UTF8;
  if (scanJson(bytes).isTooDeep) return where + TOO_DEEP;
  const walk = walkJson(bytes.toString());
  const hint = /^\s*[[{]\s*$/.test(bytes.toString()) ? ONE_TEXT : '';
  return walk.kind === 'malformed'
    ? `${where}expected JSON, malformed at character ${walk.at}${hint}`
    : { value: JSON.parse(bytes.toString()), isInexact: walk.inexact.size > 0 };
}

function ofElement(element: string): One {
  const bytes = Buffer.from(element.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, ''), 'latin1');
  if (!isUtf8(bytes)) return NOT_UTF8;
  if (scanJson(Buffer.from(`[${bytes.toString()}]`)).isTooDeep)
    return `${TOO_DEEP}, the array of the events among them`;
  if (bytes.length === 0)
    return 'expected an event, got nothing between two commas or behind the last one';
  const walk = walkJson(bytes.toString());
  if (walk.kind === 'malformed')
    return `expected JSON, malformed at character ${walk.at} of the event`;
  const value: unknown = JSON.parse(bytes.toString());
  return { value, isInexact: !Array.isArray(value) && walk.inexact.size > 0 };
}

/** The elements of a list, as strings, brackets and commas tell them; undefined when it is not one. */
function split(text: string): string[] | undefined {
  const start = text.search(/[^ \t\r\n]/);
  if (text[start] !== '[') return undefined;
  const elements: string[] = [];
  let depth = 0;
  let from = start + 1;
  for (const { 0: token, index } of text.matchAll(/"(?:[^"\\]|\\[^])*"?|[[\]{},]/g)) {
    if (token === '[' || token === '{') depth += 1;
    if (token === ']' || token === '}') depth -= 1;
    if (depth > 1 || (depth === 1 && token !== ',')) continue;
    elements.push(text.slice(from, index));
    from = index + 1;
    if (depth === 0) return token === ']' && isBlank(text.slice(from)) ? elements : undefined;
  }
  return undefined;
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
const withoutHint = (batch: WholeBatch | RefusedBatch) =>
  batch.kind === 'refused' ? { ...batch, detail: batch.detail.replace(OF_LINES, '') } : batch;
const small = fc.integer({ min: 1, max: 40 });

describe('a batch that is read in steps', () => {
  it('is what it is when it is parsed at once, or refused for the same reason, wherever the steps end', () => {
    fc.assert(
      fc.property(body, format, small, small, (bytes, as, stepBytes, groupBytes) => {
        const expected = parseWhole(bytes, as);
        expect(readAll(bytes, as, { ...BATCH_SIZES, stepBytes, groupBytes })).toEqual(expected);
      }),
      { numRuns: 4000, examples: [[Buffer.from('{}\r\n\t]'), 'json', 1, 1]] },
    );
  });

  it('is refused for the same reason when some of its events are oversized and not read, else nothing but they differ', () => {
    fc.assert(
      fc.property(body, format, small, fc.integer({ min: 1, max: 6 }), (bytes, as, step, marks) => {
        const sizes = { stepBytes: step, groupBytes: 12, maxEventBytes: 25, maxEventMarks: marks };
        const expected = parseWhole(bytes, as);
        const found = readAll(bytes, as, sizes);
        if (expected.kind === 'refused' || found.kind === 'refused') {
          // A line that is oversized is not looked at for a hint either.
          expect(withoutHint(found)).toEqual(withoutHint(expected));
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

describe('an array of which some elements are no JSON', () => {
  it('has every other element as it was sent, wherever they stand', () => {
    // A character that was cut in half is another one in bytes.
    const whole = broken.map((one) => Buffer.from(one).toString());
    const wrong = whole.filter((one) => split(`[${one}]`)?.length === 1);
    const element = fc.oneof(
      { weight: 3, arbitrary: fc.jsonValue({ maxDepth: 4 }).map((one) => JSON.stringify(one)) },
      { weight: 1, arbitrary: wrong },
    );
    fc.assert(
      fc.property(fc.array(element, { minLength: 2 }), small, small, (all, step, group) => {
        const bytes = Buffer.from(`[${all.join(',')}]`);
        const sizes = { ...BATCH_SIZES, stepBytes: step, groupBytes: group };
        const found = readAll(bytes, 'json', sizes);
        if (found.kind === 'refused') throw new Error(found.detail);
        expect(found.events).toHaveLength(all.length);
        all.forEach((text, at) => {
          if (walkJson(text).kind === 'walked' && !scanJson(Buffer.from(`[${text}]`)).isTooDeep)
            expect(found.events[at]).toEqual(JSON.parse(text));
          else expect(found.events[at]).toEqual({ malformed: expect.any(String) });
        });
      }),
      { numRuns: 200 },
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
    // A line ends at its line feed: nobody looks into it to find that.
    if (as === 'json')
      expect(steps.length).toBeGreaterThanOrEqual(text.length / BATCH_SIZES.stepBytes - 2);
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

  it.each([
    ['white space alone', 'json', ' '.repeat(100_000)],
    ['white space in front', 'json', `${' '.repeat(100_000)}[{}]`],
    ['white space behind the list', 'json', `[{}]${' '.repeat(100_000)}`],
    ['white space around an element', 'json', `[${' '.repeat(50_000)}{}${' '.repeat(50_000)}]`],
    ['white space around a line', 'ndjson', `${' '.repeat(50_000)}{}${' '.repeat(50_000)}`],
    ['an element that is no JSON', 'json', `[{}${'x'.repeat(100_000)}]`],
    ['text that is no JSON', 'json', `{"a":"${'x'.repeat(100_000)}`],
  ] as const)('is looked at in short steps: %s', (_, as, text) => {
    const bytes = Buffer.from(text);
    const short = { ...BATCH_SIZES, stepBytes: 1000, groupBytes: 100, maxEventBytes: 200 };
    expect(stepsOf(bytes, as, short).length).toBeGreaterThanOrEqual(100);
    // Control: without steps it is done at once.
    const whole = { ...short, stepBytes: Infinity };
    expect(stepsOf(bytes, as, whole).length).toBeLessThan(10);
  });

  it.each([
    ['', ''],
    [' of blanks', ' \t\r'],
  ])('a million empty lines%s cost no step each, also where a line is no UTF-8', (_, blank) => {
    for (const first of ['{}', Buffer.from([0xff])]) {
      const lines = Buffer.from(`\n${blank}`.repeat(1_000_000));
      const bytes = Buffer.concat([Buffer.from(first), lines, Buffer.from('\n{}')]);
      const steps = stepsOf(bytes, 'ndjson');
      expect(steps.length).toBeLessThan((3 * bytes.length) / BATCH_SIZES.groupBytes);
      expect(steps.flatMap(eventsOf)).toHaveLength(first === '{}' ? 2 : 1);
    }
  });

  it('names the line that is malformed behind lines that are empty', () => {
    const bytes = Buffer.concat([
      Buffer.from('\n \n{}\n\n'),
      Buffer.from([0xff]),
      Buffer.from('\n\n}'),
    ]);
    const malformed = stepsOf(bytes, 'ndjson').flatMap((step) =>
      step.kind === 'malformed' ? [step.detail] : [],
    );
    expect(malformed).toEqual([
      'line 5: expected UTF-8, got other bytes',
      'line 7: expected JSON, malformed at character 0',
    ]);
  });

  it('more events than are allowed are not parsed, but a malformed body is called so', () => {
    const many = `[${'{},'.repeat(200_000)}{}]`;
    const last = (text: string) => {
      const steps = stepsOf(Buffer.from(text));
      expect(steps.flatMap(eventsOf).length).toBeLessThanOrEqual(MAX_EVENTS);
      return steps.at(-1);
    };
    expect(last(many)).toMatchObject({ kind: 'refused', code: 'payload_too_large' });
    expect(last(`${many}x`)).toEqual({
      kind: 'refused',
      code: 'invalid_argument',
      detail: `expected JSON, but it is malformed at character ${many.length}${UNSPLIT}`,
    });
    expect(200_001).toBeGreaterThan(MAX_EVENTS);
  });
});

function eventsOf(step: BatchStep): readonly unknown[] {
  return step.kind === 'events' ? step.events : [];
}
