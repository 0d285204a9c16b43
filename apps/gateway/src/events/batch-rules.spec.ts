import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readAll } from '../../test/support/read-all.js';
import { scanJson } from './json-scan.js';
import { walkJson } from './json-walk.js';
import type { BatchFormat } from './read-batch.js';
import { decimalOf, hasExactDigits } from './value-rule.js';

const parse = (text: string, format: BatchFormat = 'json') => readAll(Buffer.from(text), format);
const inexactOf = (text: string, format: BatchFormat = 'json') => {
  const batch = parse(text, format);
  return batch.kind === 'batch' ? [...batch.inexact] : batch.detail;
};

describe('a batch', () => {
  it('is one event, an array of them, or a line each', () => {
    const events = [{ type: 'a' }, { type: 'b' }];
    expect(parse('{"type":"a"}')).toMatchObject({ events: [{ type: 'a' }] });
    expect(parse(' [{"type":"a"},\n{"type":"b"}] ')).toMatchObject({ events });
    expect(parse('{"type":"a"}\n{"type":"b"}', 'ndjson')).toMatchObject({ events });
    expect(parse('\n{"type":"a"}\r\n \t\n{"type":"b"}\n\n', 'ndjson')).toMatchObject({ events });
  });

  it.each([
    ['{"type":"a"}', 'json'],
    ['[{"type":"a"}]', 'json'],
    ['{"type":"a"}\n', 'ndjson'],
  ] as const)('%j as %s is the same behind a byte order mark', (text, format) => {
    expect(parse(`\ufeff${text}`, format)).toMatchObject({ events: [{ type: 'a' }] });
  });

  it.each([1, 20_000])(
    'of lines says where one of %i bytes is malformed behind its byte order mark, and takes none behind white space',
    (length) => {
      const long = `{"a":"${'x'.repeat(length)}"`;
      expect(parse(`{}\n\ufeff${long}`, 'ndjson')).toMatchObject({
        events: [{}, { malformed: `line 2: expected JSON, malformed at character ${long.length}` }],
      });
      expect(parse(`{}\n \ufeff${long}}`, 'ndjson')).toMatchObject({
        events: [{}, { malformed: 'line 2: expected JSON, malformed at character 1' }],
      });
    },
  );

  it('of lines that is one text printed over several says how that is sent', () => {
    expect(parse('[\n  {\r\n    "type": "a"\n', 'ndjson')).toMatchObject({
      events: [1, 2]
        .map((line) => ({
          malformed: expect.stringMatching(`^line ${line}: .*; a text of several lines is sent as`),
        }))
        .concat([{ malformed: expect.not.stringContaining('several') }]),
    });
  });

  it('of lines has none in a byte order mark before any of them, as files have that were put together', () => {
    const text = '{"type":"a"}\n\ufeff{"type":"b"}\n\ufeff\r\n{"type":"\ufeff"}\n \ufeff{}';
    expect(parse(text, 'ndjson')).toMatchObject({
      events: [
        { type: 'a' },
        { type: 'b' },
        { type: '\ufeff' },
        { malformed: 'line 5: expected JSON, malformed at character 1' },
      ],
    });
  });

  it('of lines has each line that is no JSON by itself, also behind a quote or bracket left open', () => {
    const lines = [
      '{"type":"a"}',
      '{"id":"l2,',
      '{"value":1.0000000000000000001}',
      ...Array<string>(20).fill('{"a":'),
      '{}',
    ];
    const batch = parse(lines.join('\n'), 'ndjson');
    if (batch.kind === 'refused') throw new Error(batch.detail);
    expect(batch.events).toHaveLength(lines.length);
    expect(batch.events[0]).toEqual({ type: 'a' });
    expect(batch.events[1]).toEqual({
      malformed: 'line 2: expected JSON, malformed at character 10',
    });
    expect(batch.inexact).toEqual([2]);
    expect(batch.events.at(-1)).toEqual({});
  });

  it('in an array has each that is no JSON by itself, as long as what it opens it closes', () => {
    const text = '[{"type":"a"}, {"a":1,}, nul, {"a":1 "b,]"}, , {"value":1.0000000000000000001},]';
    expect(parse(text)).toEqual({
      kind: 'batch',
      events: [
        { type: 'a' },
        { malformed: 'expected JSON, malformed at character 7 of the event' },
        { malformed: 'expected JSON, malformed at character 3 of the event' },
        { malformed: 'expected JSON, malformed at character 7 of the event' },
        { malformed: expect.stringContaining('nothing between two commas') },
        { value: 1 },
        { malformed: expect.stringContaining('nothing between two commas') },
      ],
      inexact: [5],
    });
  });

  it.each([
    ['ndjson', '\n', '', '', 'line 2: '],
    ['json', ',', '[', ']', ''],
  ] as const)('as %s has each that is no UTF-8 by itself', (format, between, begin, end, where) => {
    const text = `${begin}{"a":"é"}${between}{"a":"\xff"}${between}{}${end}`;
    const bytes = Buffer.concat([
      Buffer.from(text.slice(0, text.indexOf('\xff'))),
      Buffer.from([0xff]),
      Buffer.from(text.slice(text.indexOf('\xff') + 1)),
    ]);
    expect(readAll(bytes, format)).toMatchObject({
      events: [{ a: 'é' }, { malformed: `${where}expected UTF-8, got other bytes` }, {}],
    });
  });

  it('has the last of two members with one name', () => {
    expect(parse('{"type":"a","type":"b"}')).toMatchObject({ events: [{ type: 'b' }] });
  });

  it('is one event with any white space around it', () => {
    const space = ' '.repeat(300_000);
    const event = { events: [{ type: 'a' }] };
    expect(parse(`${space}{"type":"a"}${space}`)).toMatchObject(event);
    expect(parse(`[${space}{"type":"a"}${space}]`)).toMatchObject(event);
    expect(parse(`${space}{"type":"a"}${space}\n`, 'ndjson')).toMatchObject(event);
  });

  it.each([
    ['', 'json', 'malformed at character 0'],
    ['[]', 'json', 'at least one event'],
    ['7', 'json', 'an event (an object) or an array'],
    ['null', 'json', 'an event (an object) or an array'],
    ['"text"', 'json', 'an event (an object) or an array'],
    ['{"type":"a",}', 'json', 'malformed at character 12'],
    ['[1,2', 'json', 'malformed at character 4; where its events begin and end cannot be told'],
    ['[{"type":"a"}] x', 'json', 'malformed at character 15; where'],
    ['[{"type":"a"}}]', 'json', 'malformed at character 13; where'],
    ['[{"type":"a},{"type":"b"}]', 'json', 'malformed at character 15; where'],
    ['{"type":"a"} x', 'json', 'malformed at character 13'],
    [
      '{"type":"a"}\n{"type":"b"}',
      'json',
      'malformed at character 13; where each line is an event',
    ],
    [' {"type":"a"}\r\nx', 'json', 'expected Content-Type application/x-ndjson, got'],
    ['\ufeff\ufeff{}', 'json', 'malformed at character 0'],
    ['\ufeff', 'ndjson', 'at least one event'],
    ['', 'ndjson', 'at least one event'],
    ['\n \r\n', 'ndjson', 'at least one event'],
  ] as const)('%j as %s is refused', (text, format, detail) => {
    expect(parse(text, format)).toMatchObject({ kind: 'refused', code: 'invalid_argument' });
    expect(parse(text, format)).toMatchObject({ detail: expect.stringContaining(detail) });
  });

  it.each([
    ['a lone continuation byte', [0x22, 0x80, 0x22]],
    ['an overlong slash', [0x22, 0xc0, 0xaf, 0x22]],
    ['an encoded surrogate', [0x22, 0xed, 0xa0, 0x80, 0x22]],
    ['a cut character', [0x22, 0xe2, 0x82, 0x22]],
    ['UTF-16', [0xff, 0xfe, 0x7b, 0x00]],
  ])('%s is not UTF-8', (_, bytes) => {
    const expected = { code: 'invalid_argument', detail: 'expected UTF-8, got other bytes' };
    expect(readAll(Buffer.from(bytes), 'json')).toMatchObject(expected);
  });

  it('control: without the look at the bytes, other bytes would become another text', () => {
    const bytes = Buffer.from([0x22, 0x80, 0x22]);
    expect(JSON.parse(bytes.toString())).toBe('\ufffd');
  });

  it('control: the parser itself would take any depth', () => {
    expect(() => JSON.parse('['.repeat(10_000) + ']'.repeat(10_000)) as unknown).not.toThrow();
  });

  it('nests 8 levels, not 9, and not 200 000', () => {
    const nested = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;
    expect(parse(`[${nested(7)}]`)).toMatchObject({ kind: 'batch' });
    const refused = { code: 'invalid_argument', detail: 'expected at most 8 levels of nesting' };
    const tooDeep = { malformed: `${refused.detail}, the array of the events among them` };
    expect(parse(`[1,${nested(8)},2]`)).toMatchObject({ events: [1, tooDeep, 2] });
    expect(parse(nested(50_000))).toMatchObject({ events: [tooDeep] });
    expect(parse('['.repeat(200_000))).toMatchObject(refused);
    expect(parse('{"a":'.repeat(200_000))).toMatchObject(refused);
    expect(parse(`{}\n{"a":${nested(8)}}\n{}`, 'ndjson')).toMatchObject({
      events: [{}, { malformed: 'line 2: expected at most 8 levels of nesting' }, {}],
    });
    expect(parse(`["${nested(100)}\\"${nested(100)}"]`)).toMatchObject({ kind: 'batch' });
  });

  it('has at most 10 000 events', () => {
    const events = (count: number) => Array.from({ length: count }, () => '{}');
    for (const [format, join] of [
      ['json', (all: string[]) => `[${all.join(',')}]`],
      ['ndjson', (all: string[]) => all.join('\n')],
    ] as const) {
      expect(parse(join(events(10_000)), format)).toMatchObject({ kind: 'batch' });
      expect(parse(join(events(10_001)), format)).toMatchObject({ code: 'payload_too_large' });
    }
  });

  it('knows whose value lost digits', () => {
    const lossy = '{"value":1.0000000000000000001}';
    expect(inexactOf(lossy)).toEqual([0]);
    expect(inexactOf(`[{"value":1},${lossy},{"value":2}]`)).toEqual([1]);
    expect(inexactOf(`{"value":1}\n${lossy}\n\n${lossy}`, 'ndjson')).toEqual([1, 2]);
    expect(inexactOf('[{"value":1e-400}]')).toEqual([0]);
    expect(inexactOf('[{"v\\u0061lue":1.0000000000000000001}]')).toEqual([0]);
    // Elsewhere digits may be lost, and in a member that another one replaces.
    expect(inexactOf('[{"attributes":{"value":1.0000000000000000001}}]')).toEqual([]);
    expect(inexactOf('[{"value":1.0000000000000000001,"value":1}]')).toEqual([]);
    expect(inexactOf('[{"value":1,"value":1.0000000000000000001}]')).toEqual([0]);
    expect(inexactOf('[{"id":"1.0000000000000000001","value":1e3}]')).toEqual([]);
    expect(inexactOf('[[{"value":1.0000000000000000001}]]')).toEqual([]);
  });
});

describe('the walk over a text', () => {
  const json = fc.json({ maxDepth: 3 });
  const broken = fc
    .tuple(
      json,
      fc.nat(200),
      fc.constantFrom('', ',', '}', ']', '"', '\\', 'e', '\u0001', '00', ':'),
    )
    .map(([text, at, put]) => text.slice(0, at) + put + text.slice(at + 1));
  const isJson = (text: string): boolean => {
    try {
      JSON.parse(text);
      return true;
    } catch {
      return false;
    }
  };

  it('accepts what JSON.parse accepts, and nothing else', () => {
    fc.assert(
      fc.property(fc.oneof(json, broken, fc.string()), (text) => {
        fc.pre(!scanJson(Buffer.from(text)).isTooDeep);
        expect(walkJson(text).kind).toBe(isJson(text) ? 'walked' : 'malformed');
      }),
      { numRuns: 5000 },
    );
  });

  it('is made for every number whose digits parsing would lose unseen', () => {
    const number = fc.stringMatching(/^-?(0|[1-9]\d{0,20})(\.\d{1,20})?([eE][+-]?\d{1,3})?$/);
    const space = fc.constantFrom('', ' ', '\n');
    fc.assert(
      fc.property(number, space, fc.string(), (value, between, id) => {
        const text = `[{"id":${JSON.stringify(id)},"value":${between}${value}${between}}]`;
        if (scanJson(Buffer.from(text)).mayLoseDigits || hasExactDigits(value)) return;
        expect(decimalOf(JSON.parse(value) as number)).toBeUndefined();
      }),
      { numRuns: 5000 },
    );
  });

  it('any bytes get an answer', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 200 }),
          broken.map((text) => Buffer.from(text)),
        ),
        fc.constantFrom('json', 'ndjson'),
        (bytes, format) => {
          const batch = readAll(Buffer.from(bytes), format);
          expect(['batch', 'refused']).toContain(batch.kind);
        },
      ),
      { numRuns: 3000 },
    );
  });
});
