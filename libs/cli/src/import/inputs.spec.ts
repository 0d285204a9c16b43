import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { NO_OPTIONS, readText } from '../../test/support/read-text.js';
import type { FormatOptions } from './format.js';
import { recordsOf } from './formats.js';
import { openInput } from './input.js';
import { linesOf } from './lines.js';
import { parseMapping } from './mapping.js';

let dir: string;
beforeAll(() => void (dir = mkdtempSync(join(tmpdir(), 'tally-import-'))));
afterAll(() => rmSync(dir, { recursive: true }));

async function* inPieces(bytes: Buffer, sizes: readonly number[]): AsyncGenerator<Buffer> {
  for (let from = 0, piece = 0; from < bytes.length; piece++) {
    const size = sizes[piece % sizes.length] ?? 1;
    yield bytes.subarray(from, from + size);
    from += size;
  }
}

async function linesIn(text: string | Buffer, sizes = [1000], maxBytes?: number) {
  const lines: (string | null)[] = [];
  for await (const line of linesOf(inPieces(Buffer.from(text), sizes), maxBytes))
    lines.push(line.isTooLong ? null : line.bytes.toString());
  return lines;
}

/** Events without their id, or reasons. */
async function readAll(text: string | Buffer, options: Partial<FormatOptions> = {}) {
  const found = await readText(text, options);
  return options.format === undefined && found.length > 0 ? found.slice(1) : found;
}

function mapped(text: string): Partial<FormatOptions> {
  const mapping = parseMapping([text]);
  if (typeof mapping === 'string') throw new Error(mapping);
  return { mapping };
}

describe('lines', () => {
  it('are the same however the bytes arrive', async () => {
    const text = fc
      .array(fc.constantFrom('a', 'bc', '\r\n', '\n', '\r', 'é'))
      .map((all) => all.join(''));
    const sizes = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1 });
    await fc.assert(
      fc.asyncProperty(text, sizes, async (text, sizes) => {
        const expected = text.split('\n').map((line) => line.replace(/\r$/, ''));
        // Behind the last end there is no line.
        if (text === '' || text.endsWith('\n')) expected.pop();
        expect(await linesIn(text, sizes)).toEqual(expected);
      }),
    );
  });

  it('need no end', async () => {
    expect(await linesIn('a\r\n\nb')).toEqual(['a', '', 'b']);
  });

  it('that are too long are told, and the next one is read', async () => {
    const text = `${'x'.repeat(10)}\n${'y'.repeat(11)}\r\n${'z'.repeat(10)}\r\nlast`;
    for (const size of [1, 3, 1000])
      expect(await linesIn(text, [size], 10)).toEqual([
        'x'.repeat(10),
        null,
        'z'.repeat(10),
        'last',
      ]);
  });
});

describe('an input', () => {
  const text = '{"subject":"a"}\n{"subject":"b"}\n';
  const contents = async (file: string) => {
    const input = await openInput(file);
    const found: string[] = [];
    for await (const { content } of recordsOf(input, NO_OPTIONS)) found.push(content.toString());
    return { found, share: input.progress() };
  };

  it('is the same packed, whatever it is called, also in several members', async () => {
    const members = Buffer.concat([gzipSync(text.slice(0, 20)), gzipSync(text.slice(20))]);
    for (const [name, bytes] of Object.entries({ a: text, b: gzipSync(text), 'c.log': members })) {
      writeFileSync(join(dir, name), bytes);
      expect(await contents(join(dir, name))).toEqual({ found: text.trim().split('\n'), share: 1 });
    }
  });

  it('that is cut or missing says which it is', async () => {
    const cut = join(dir, 'cut.gz');
    writeFileSync(cut, gzipSync(text).subarray(0, 25));
    await expect(contents(cut)).rejects.toThrow(`${cut} cannot be read to its end`);
    await expect(contents(join(dir, 'none'))).rejects.toThrow('no such file');
    await expect(contents(dir)).rejects.toThrow('folder');
    await expect(contents(join(dir, 'x'.repeat(300)))).rejects.toThrow('cannot be opened');
  });

  it('may be empty, and a mark or blank lines alone are nothing', async () => {
    for (const nothing of ['', '\ufeff', '\r\n\n', gzipSync('')])
      expect(await readAll(nothing)).toEqual([]);
  });

  it.each(['utf-16le', 'utf-16be', 'utf-16le without a mark', 'utf-16be without a mark'])(
    'may be %s, also packed',
    async (encoding) => {
      const marked = encoding.endsWith('mark') ? 'subject;value' : '\ufeffsubject;value';
      const bytes = Buffer.from(`${marked}\r\ncaf\u00e9 \u{1f600};1\r\n`, 'utf16le');
      if (encoding.startsWith('utf-16be')) bytes.swap16();
      for (const written of [bytes, gzipSync(bytes)])
        expect(await readAll(written)).toEqual([
          { id: 'given', type: 'view', subject: 'caf\u00e9 \u{1f600}', value: 1 },
        ]);
      await expect(readAll(bytes.subarray(0, -1))).rejects.toThrow(/stdin begins as UTF-16/);
    },
  );

  it.each([
    ['zip', '504b0304140000000800'],
    ['zip', '504b0506000000000000'],
    ['zstd', '28b52ffd0458'],
    ['xz', 'fd377a585a0000'],
    ['bzip2', '425a6839314159265359'],
    ['lz4', '04224d186440'],
    ['7-Zip', '377abcaf271c'],
    ['compress', '1f9d90'],
    ['tar', Buffer.concat([Buffer.alloc(257, 'a'), Buffer.from('ustar\0')]).toString('hex')],
    ['UTF-32', 'fffe000041000000'],
  ])('that is %s says so, also within gzip', async (name, start) => {
    const bytes = Buffer.concat([Buffer.from(start, 'hex'), Buffer.alloc(300)]);
    await expect(readAll(bytes)).rejects.toThrow(new RegExp(`stdin is .*${name}`));
    await expect(readAll(gzipSync(bytes))).rejects.toThrow(name);
  });

  it.each([
    ['an array', '[{"subject":"a"},\n{"subject":"b"}]'],
    ['an array of many lines', '[\n  {\n    "subject": "a"\n  }\n]\n'],
    ['an array with an element a line', '[\n{"subject":"a"},\n{"subject":"b"}\n]\n'],
    ['a list of objects, some of many lines', '{\n  "subject": "a"\n}\n{"subject":"b"}\n'],
    ['an object of many lines', '{\r\n  "subject": "a"\r\n}\r\n'],
  ])('that is %s of JSON says what is expected', async (_, text) => {
    await expect(readAll(text)).rejects.toThrow('expected an object a line');
    await expect(readAll(text, mapped('subject=name'))).rejects.toThrow(
      'expected an object a line',
    );
  });

  it.each([
    [
      'HAProxy',
      'h haproxy[1]: ::1:5 [04/Mar/2026:10:00:00.123] a b/c 0/0/1/2/3 200 12 - - ---- 1/1/0/0/0 0/0 "GET /a HTTP/1.1"',
    ],
    [
      'Envoy',
      '[2026-03-04T10:00:00.123Z] "GET /a HTTP/1.1" 200 - 0 57 3 2 "-" "curl" "id" "h" "10.0.0.1:80"',
    ],
    [
      'the real-time log of CloudFront',
      '1772618400.123\t192.0.2.1\t200\t392\tGET\thttps\th\t/a\t23',
    ],
    [
      'the own format of IIS',
      '192.0.2.1, -, 03/04/26, 7:55:20, W3SVC2, S, 10.0.0.1, 4502, 163, 3223, 200, 0, GET, /a, -,',
    ],
    [
      'a network load balancer',
      'tls 2.0 2026-03-04T10:00:00 net/n/1 l 192.0.2.1:5 10.0.0.1:443 5 2 98 246 - arn - TLS tlsv12 - h - - -',
    ],
  ])('of %s is refused with what is known', async (_, line) => {
    await expect(readAll(`${line}\n`)).rejects.toThrow(/of a format that is known.*Known are s3/);
  });

  it('that is no text says so, and text that begins like bzip2 is text', async () => {
    const image = Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n\0\0\0\rIHDR', 'latin1')]);
    await expect(readAll(image)).rejects.toThrow('stdin is no text');
    await expect(readAll(image, mapped('subject=a'))).rejects.toThrow('stdin is no text');
    await expect(readAll('BZh9 a\n')).rejects.toThrow('of a format that is known');
    // A server that was switched off leaves a log with zeros behind its last line.
    const padded = `::1 - - [10/Oct/2000:13:55:36 -0700] "GET /a HTTP/1.0" 200 -\n${'\0'.repeat(99)}`;
    expect(await readAll(padded)).toEqual([
      expect.objectContaining({ subject: '/a' }),
      expect.stringContaining('expected host'),
    ]);
  });

  it('with a line that is longer than allowed is read around it', async () => {
    const long = `${'x'.repeat(5 << 20)}\n{"subject":"b"}\n`;
    expect(await readAll(`{"subject":"a"}\n${long}`)).toEqual([
      expect.objectContaining({ subject: 'a' }),
      expect.stringContaining('at most'),
      expect.objectContaining({ subject: 'b' }),
    ]);
    await expect(readAll(long)).rejects.toThrow('no line of the first 64 KiB');
  });

  it('is known by its first lines, also when the first is garbage', async () => {
    const log = '::1 - - [10/Oct/2000:13:55:36 -0700] "GET /a HTTP/1.0" 200 -';
    expect(await readAll(`\\x16\n${log}\n`)).toEqual([
      expect.stringContaining('expected host'),
      expect.objectContaining({ subject: '/a' }),
    ]);
    expect(await readAll('subject,value\na,1')).toEqual([expect.objectContaining({ value: 1 })]);
    await expect(readAll('a;b\n1;2\n')).rejects.toThrow('--format');
    expect(await readAll(`${'garbage\n'.repeat(8000)}${log}`)).toContainEqual(
      expect.objectContaining({ subject: '/a' }),
    );
  });
});

describe('NDJSON', () => {
  it('has all lines of an array without its brackets', async () => {
    const lines = ['{"subject":"a","value":1},', '{"subject":"b","value":2}, ', '{"subject":"c"}'];
    expect(await readAll(lines.join('\r\n'))).toEqual(
      ['a', 'b', 'c'].map((subject) => expect.objectContaining({ subject })),
    );
  });

  it('of files put one behind the other has a byte order mark before any line', async () => {
    expect(await readAll('\ufeff{"subject":"a"}\r\n\ufeff{"subject":"b"}\n\ufeff')).toEqual([
      expect.objectContaining({ subject: 'a' }),
      expect.objectContaining({ subject: 'b' }),
    ]);
  });

  it('goes as it is, with an id and a type where they are missing', async () => {
    const lines = [
      '{"id":"1","type":"order","subject":"a","value":0.12345678901234567890}',
      ' { "subject" : "b" } ',
      '{}',
      '',
      '[1]',
      '{"subject":',
    ];
    const input = await openInput('-', Readable.from([Buffer.from(lines.join('\r\n'))]));
    const found: string[] = [];
    for await (const record of recordsOf(input, NO_OPTIONS)) {
      const reading = record.read('given');
      found.push(reading.kind === 'event' ? reading.json : reading.kind);
    }
    expect(found).toEqual([
      lines[0],
      '{"id":"given","type":"view","subject" : "b" }',
      'unreadable',
      'nothing',
      'unreadable',
      'unreadable',
    ]);
  });

  it('of another shape is mapped, also from inner members', async () => {
    const line = {
      request: { uri: '/a', 'x.y': 1 },
      ts: 1700000000.25,
      size: 12,
      bot: false,
      nothing: null,
    };
    const map =
      'subject=request.uri,time=ts,value=size,attributes.bot=bot,attributes.none=nothing,id=missing';
    expect(await readAll(JSON.stringify(line), mapped(map))).toEqual([
      {
        id: 'given',
        type: 'view',
        subject: '/a',
        time: '2023-11-14T22:13:20.250Z',
        value: 12,
        attributes: { bot: false },
      },
    ]);
    expect(await readAll('{"request":{}}', mapped('subject=request'))).toEqual([
      'request: expected a text or a number',
    ]);
  });

  it('that is not UTF-8 is no event', async () => {
    const bytes = Buffer.from('{"subject":"a"}\n{"subject":"\xff"}\n', 'latin1');
    expect(await readAll(bytes)).toEqual([
      expect.objectContaining({ subject: 'a' }),
      'expected UTF-8',
    ]);
  });
});

describe('CSV', () => {
  it('has rows of many lines, quotes and byte order marks', async () => {
    const text =
      '\ufeffurl,bytes,ts\r\n"/a ""b""\r\nc",12.50,2026-01-31 12:00:00+02:00\r\n\r\n/d,,\r\n';
    expect(await readAll(text, mapped('subject=url,value=bytes,time=ts'))).toEqual([
      {
        id: 'given',
        type: 'view',
        subject: '/a "b"\r\nc',
        time: '2026-01-31T12:00:00+02:00',
        value: 12.5,
      },
      { id: 'given', type: 'view', subject: '/d' },
    ]);
  });

  it('leaves out rows with other cells than the header', async () => {
    expect(await readAll('subject,value\na,1\nb\nc,x\nd,2\n')).toEqual([
      expect.objectContaining({ subject: 'a' }),
      'expected 2 cells as in the header, got 1',
      'value: expected a number, got "x"',
      expect.objectContaining({ subject: 'd' }),
    ]);
  });

  it('stops where nobody knows the end of a row, or the column', async () => {
    await expect(readAll('subject\na\n"b\n')).rejects.toThrow('no CSV from here on');
    await expect(readAll('subject\na"b\n')).rejects.toThrow('line 2');
    await expect(readAll('a,b\n1,2\n', mapped('subject=c'))).rejects.toThrow('a column "c"');
    await expect(readAll('a,b\n1,2\n', { format: 'csv' })).rejects.toThrow('--map subject=COLUMN');
  });
});
