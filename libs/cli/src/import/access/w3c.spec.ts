import { Readable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { NO_OPTIONS, readText } from '../../../test/support/read-text.js';
import { recordsOf } from '../formats.js';
import { openInput } from '../input.js';
import type { InputRecord } from '../reading.js';
import { cellsOf } from './w3c-cells.js';

const TITLE = 'a W3C extended log (as of IIS and CloudFront)';
const HEAD =
  '#Fields: date time cs-method cs-uri-stem cs-uri-query sc-status sc-bytes cs(User-Agent)';

const event = (subject: string, time: string, rest: object) => ({
  id: 'given',
  type: 'view',
  subject,
  time: `2026-05-06T${time}.000Z`,
  ...rest,
});

describe('a W3C extended log', () => {
  it('is read by its last #Fields, in UTC, and `-` is absent', async () => {
    const lines = [
      '#Software: a server',
      '#Version: 1.0',
      HEAD,
      '2026-05-06 07:08:09 GET /a+b q=1 200 12 Mozilla/5.0+(X11)',
      '2026-05-06 07:08:10 - /a%20b - - - -',
      '#Remark: restarted',
      '#fields:\tTIME\tDate\tCS-URI\tsc-status\tcs-method\t',
      '07:08:11\t2026-05-06\thttps://example.org/c?d\t404\tPOST',
      '2026-05-06 07:08:12 GET / - 200 1 -',
      '07:08:13\t2026-05-06\t\t404\tPOST',
      '07:08:14\t2026-05-06\t/e\tnone\tPOST',
      '07:08:15\t2026-05-06\t/e\t200\tpost',
    ];
    const read = [
      TITLE,
      event('/a+b', '07:08:09', { value: 12, attributes: { method: 'GET', status: 200 } }),
      event('/a%20b', '07:08:10', {}),
      event('/c', '07:08:11', { attributes: { method: 'POST', status: 404 } }),
      'expected 5 values as in "#Fields: …", got 8',
      'expected the path of a request in cs-uri-stem, cs-uri-path or cs-uri',
      'sc-status: expected a number, got "none"',
      'not a request of HTTP: "post /e"',
    ];
    expect(await readText(lines.join('\r\n'))).toEqual(read);
  });

  it('is read by the #Fields before each line, also when lines are read later', async () => {
    const text = '#Fields: date time cs-uri\n2026-05-06 07:08:09 /a\n#Fields: cs-uri time date\n';
    const input = await openInput('-', Readable.from([Buffer.from(text)]));
    const records: InputRecord[] = [];
    for await (const record of recordsOf(input, NO_OPTIONS)) records.push(record);
    expect(records.map((record) => record.read('id').kind)).toEqual([
      'nothing',
      'event',
      'nothing',
    ]);
  });

  it('keeps the query when it is asked to, wherever it stands', async () => {
    const lines = [
      HEAD,
      '2026-05-06 07:08:09 GET /a q=1 200 1 -',
      '#Fields: date time cs-uri-stem cs-uri-query',
      '2026-05-06 07:08:09 /b ?q=2',
      '#Fields: date time cs-uri',
      '2026-05-06 07:08:09 /c?q=3',
    ];
    const found = await readText(lines.join('\n'), { keepQuery: true });
    expect(found.slice(1).map((one) => (one as { subject: string }).subject)).toEqual([
      '/a?q=1',
      '/b?q=2',
      '/c?q=3',
    ]);
  });

  it('may have its day in #Date alone, and go on behind midnight', async () => {
    const lines = [
      '#Date: 2026-05-05 23:59:58',
      '#Fields: time cs-uri-stem',
      '23:59:57 /a',
      '00:00:01 /b',
    ];
    const found = await readText(lines.join('\n'));
    expect(found.slice(1)).toEqual([
      { id: 'given', type: 'view', subject: '/a', time: '2026-05-05T23:59:57.000Z' },
      event('/b', '00:00:01', {}),
    ]);
  });

  it('may have its day as the standard writes it', async () => {
    for (const date of ['06-May-2026 00:00:00', '2026-05-06', '2026-05-06 07:00:00']) {
      const lines = ['#Version: 1.0', `#Date: ${date}`, '#Fields: time cs-uri', '07:08:09 /a'];
      expect(await readText(lines.join('\n'))).toEqual([TITLE, event('/a', '07:08:09', {})]);
    }
  });

  it('says what it lacks', async () => {
    const read = (lines: readonly string[]) => readText(lines.join('\n'), { format: 'w3c' });
    expect(await read(['2026-05-06 07:08:09 /a'])).toEqual([
      expect.stringContaining('expected a line "#Fields: …" before it'),
    ]);
    expect(await read(['#Fields: time cs-uri-stem', '07:08:09 /a'])).toEqual([
      expect.stringContaining('expected a field date'),
    ]);
    expect(await read(['#Fields: cs-uri-stem', '/a'])).toEqual([
      expect.stringContaining('expected a time'),
    ]);
    expect(await read(['#Fields: date time x', '2026-02-31 07:08:09 /a'])).toEqual([
      expect.stringContaining('no such time'),
    ]);
  });

  it('ends where a line of another log begins, and the other way round', async () => {
    const clf = '192.0.2.1 - - [06/Feb/2026:01:00:00 +0100] "GET /c HTTP/1.1" 200 5';
    await expect(readText(`${HEAD}\n${clf}`)).rejects.toThrow(/line 2: expected a W3C .*Combined/);
    await expect(readText(`${clf}\n${HEAD}`)).rejects.toThrow(/line 2: expected .*this is a W3C/);
  });
});

describe('the values of a line', () => {
  it('may be quoted, with blanks, tabs and doubled quotes in them', () => {
    expect(cellsOf('a "b  ""c""" "" "d\te"', 4)).toEqual(['a', 'b  "c"', '', 'd\te']);
    expect(cellsOf('a b\t"c d"\t\te', 4)).toEqual(['a b', 'c d', '', 'e']);
  });

  it('may have quotes that are characters', () => {
    expect(cellsOf('a "b+c x"y"  d ', 4)).toEqual(['a', '"b+c', 'x"y"', 'd']);
  });

  it('are told in the time of their length, however they are made', () => {
    for (const piece of ['"', '"x ', '"" ', '"x""', '" "x\t', '"""x '])
      expect(typeof cellsOf(piece.repeat(200_000), 3)).toBe('string');
  });

  it('are those that were written, quoted or not', () => {
    const value = fc.string({ unit: fc.constantFrom('a', '"', ' ', '+', 'é'), maxLength: 6 });
    fc.assert(
      fc.property(fc.array(value, { minLength: 1 }), (values) => {
        const line = values.map((one) => `"${one.replaceAll('"', '""')}"`).join(' ');
        expect(cellsOf(line, values.length)).toEqual(values);
      }),
    );
  });
});
