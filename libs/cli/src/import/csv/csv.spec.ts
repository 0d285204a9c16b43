import { Readable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { NO_OPTIONS, readText } from '../../../test/support/read-text.js';
import { openInput } from '../input.js';
import { parseMapping } from '../mapping.js';
import { readCsv } from './csv.js';

const event = (subject: string, value?: number) => ({
  id: 'given',
  type: 'view',
  subject,
  ...(value === undefined ? undefined : { value }),
});

describe('CSV', () => {
  it.each([
    ['commas', 'Subject,VALUE\n"a;b",1\n'],
    ['semicolons', 'subject;value\r\n"a;b";1\r\n'],
    ['semicolons', '\ufeff"Subject";"Value, in bytes";value\n"a;b";;1\n'],
    ['tabs', 'subject\tvalue\na;b\t1\n'],
    ['bars', 'subject|value\na;b|1\n'],
    ['semicolons', 'sep=;\r\nsubject;value\r\n"a;b";1\r\n'],
    ['tabs', '\ufeffSEP=\t\nsubject\tvalue\na;b\t1\n'],
    ['"!"', '"sep=!"\nsubject!value\na;b!1\n'],
    ['commas', 'subject,value\r"a;b",1\r'],
  ])('is seen to have %s between its cells, and its header in any case', async (name, text) => {
    expect(await readText(text)).toEqual([`CSV with ${name} between its cells`, event('a;b', 1)]);
  });

  it('has a header behind comments, and one that begins like a comment where it is asked for', async () => {
    const text = '# "exported\r\n#\r\nsubject,value\r\n#a,1\r\nb\r\n';
    expect(await readText(text)).toEqual([
      'CSV with commas between its cells',
      event('#a', 1),
      'expected 2 cells as in the header, got 1',
    ]);
    const mapping = parseMapping(['subject=#id']);
    if (typeof mapping === 'string') throw new Error(mapping);
    expect(await readText('#id\tvalue\na\t1\n', { mapping })).toEqual([
      'CSV with tabs between its cells',
      event('a'),
    ]);
  });

  it('has all rows before one whose quote is never closed', async () => {
    const input = await openInput('-', Readable.from([Buffer.from('subject\na\nb\n"c\n')]));
    const found: unknown[] = [];
    const reading = (async () => {
      for await (const record of readCsv(input, NO_OPTIONS)) {
        const one = record.read('given');
        if (one.kind === 'event') found.push(JSON.parse(one.json));
      }
    })();
    await expect(reading).rejects.toThrow('no CSV from here on');
    expect(found).toEqual([event('a'), event('b')]);
  });

  it('is cut where the columns that are asked for are found', async () => {
    const mapping = parseMapping(['subject=Name; given']);
    if (typeof mapping === 'string') throw new Error(mapping);
    const text = 'Name; given,a;b,c;d;e;f\nx,1,2\n';
    expect(await readText(text, { mapping })).toEqual([
      'CSV with commas between its cells',
      event('x'),
    ]);
  });

  it('prefers a column that is written just so, and refuses two that may be meant', async () => {
    const subjects = (text: string, map: string) => {
      const mapping = parseMapping([map]);
      if (typeof mapping === 'string') throw new Error(mapping);
      return readText(text, { mapping, format: 'csv' });
    };
    expect(await subjects('URL,url\nx,y\n', 'subject=url')).toEqual([event('y')]);
    await expect(subjects('URL,url\nx,y\n', 'subject=Url')).rejects.toThrow('one column "Url"');
    await expect(readText('Subject,SUBJECT\nx,y\n', { format: 'csv' })).rejects.toThrow(
      'one column',
    );
  });

  it('has numbers with decimal comma when it is said', async () => {
    const cells = ['12,5', '1.000,25', '-1.234.567', '1 000,5', '+3', '1\u202f000,5'];
    const wrong = ['1.5', '0.500', '1.00,5', '1,000.5', '1.000 000', '1,2,3', ','];
    const text = (all: readonly string[]) =>
      `subject;value\n${all.map((cell) => `a;"${cell}"`).join('\n')}`;
    const read = async (all: readonly string[], decimalComma: boolean) =>
      (await readText(text(all), { decimalComma })).slice(1);
    expect(await read(cells, true)).toEqual(
      [12.5, 1000.25, -1234567, 1000.5, 3, 1000.5].map((value) => event('a', value)),
    );
    expect(await read(wrong, true)).toEqual(
      wrong.map((cell) => `value: expected a number, got "${cell}"`),
    );
    expect(await read(['12,5', '1.000,25', '1,000.5', '1.5'], false)).toEqual([
      'value: expected a number, got "12,5"; --decimal-comma reads that',
      'value: expected a number, got "1.000,25"; --decimal-comma reads that',
      'value: expected a number, got "1,000.5"',
      event('a', 1.5),
    ]);
  });

  it('tells rows that are no UTF-8 by their line, also behind cells of many lines', async () => {
    const text = Buffer.from(
      'subject;value\n"a\n\nb";1\n\nM\xfcnchen;2\n;;;\nc;\xe9\nd;3',
      'latin1',
    );
    expect((await readText(text)).slice(1)).toEqual([
      event('a\n\nb', 1),
      'expected UTF-8 (a row that ends in line 6 of the file)',
      'expected UTF-8 (a row that ends in line 8 of the file)',
      event('d', 3),
    ]);
  });

  it('has a quote as a character between tabs', async () => {
    const text = 'subject\tvalue\nsay "hi" \t1\n"a\tb"\t2\n"x" y\t3\n';
    expect((await readText(text)).slice(1)).toEqual([
      event('say "hi" ', 1),
      event('a\tb', 2),
      event('"x" y', 3),
    ]);
  });

  it('ends where another format begins', async () => {
    const others = [
      '#Fields: date time',
      '{"subject":"b"}',
      '{"RequestPath":"/", "RouterName":"a"}',
    ];
    for (const other of others)
      await expect(readText(`subject\tvalue\na\t1\n${other}\n`)).rejects.toThrow(
        /line 3: expected CSV as before, this is /,
      );
    // With commas and quotes nobody knows where that line ends.
    await expect(readText('subject,value\na,1\n{"subject":"b"}\n')).rejects.toThrow('line 3');
    expect(await readText('subject\na\n#Fields: x,y\n', { format: 'csv' })).toEqual([
      event('a'),
      'expected 1 cells as in the header, got 2',
    ]);
  });

  it('may be a header alone', async () => {
    expect(await readText('subject,value')).toEqual(['CSV with commas between its cells']);
    expect(await readText('sep=;\nsubject;value\n')).toHaveLength(1);
  });

  it('is the same with any ends of lines, mixed too, however the bytes arrive', async () => {
    const cell = fc.string({
      unit: fc.constantFrom('a', 'é', ';', ' ', '"', '\n', '\r\n'),
      maxLength: 5,
    });
    const row = fc.record({ cell, end: fc.constantFrom('\n', '\r\n') });
    const sizes = fc.integer({ min: 1, max: 7 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(row),
        fc.constantFrom('\n', '\r\n'),
        sizes,
        async (rows, end, size) => {
          const text = rows
            .map((one) => `"${one.cell.replaceAll('"', '""')}";1${one.end}`)
            .join('');
          const bytes = Buffer.from(`subject;value${end}${text}`);
          const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, piece) =>
            bytes.subarray(piece * size, (piece + 1) * size),
          );
          const found: string[] = [];
          const input = await openInput('-', Readable.from(pieces));
          for await (const { content } of readCsv(input, NO_OPTIONS)) found.push(String(content));
          expect(found.slice(1)).toEqual(rows.map((one) => JSON.stringify([one.cell, '1'])));
        },
      ),
    );
  });
});
