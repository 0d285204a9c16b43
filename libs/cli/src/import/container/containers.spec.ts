import { describe, expect, it } from '@jest/globals';
import { readText } from '../../../test/support/read-text.js';
import { parseMapping } from '../mapping.js';

const clf = (path: string) => `::1 - - [06/May/2026:07:08:09 +0000] "GET ${path} HTTP/1.1" 200 7`;
const counted = (subject: string) => expect.objectContaining({ subject, value: 7 });
const TIME = '2026-05-06T07:08:09.123456789Z';
const docker = (log: string, stream = 'stdout') => JSON.stringify({ log, stream, time: TIME });
const cri = (line: string, tag = 'F', stream = 'stdout') => `${TIME} ${stream} ${tag} ${line}`;
const read = (lines: readonly string[], format?: string) => readText(lines.join('\n'), { format });

describe('what containers wrote', () => {
  it('is read from the log that Docker keeps', async () => {
    const lines = [
      docker('Configuration complete; ready for start up\n'),
      docker(`${clf('/a')}\r\n`),
      docker('\n'),
      docker('2026/05/06 [error] 7#7: no such file\n', 'stderr'),
      clf('/not-kept'),
      docker(clf('/last')),
    ];
    await expect(read(lines)).rejects.toThrow(/line 5: expected .*json-file.*, this is an access/);
    lines.splice(4, 1);
    expect(await read(lines)).toEqual([
      "an access log in Common or Combined Log Format, in Docker's json-file log",
      expect.stringContaining('expected host'),
      counted('/a'),
      expect.stringContaining('expected host'),
      counted('/last'),
    ]);
    expect(await read([...lines, 'cut'], 'clf')).toContainEqual(
      "expected a line of Docker's json-file log",
    );
  });

  it('is read behind the times of a runtime, with or without a stream', async () => {
    const prefixed = 'lines of a container with their times in front';
    expect(await read([cri('ready'), cri(clf('/a')), cri('', 'F')])).toEqual([
      `an access log in Common or Combined Log Format, in ${prefixed}`,
      expect.stringContaining('expected host'),
      counted('/a'),
    ]);
    expect(await read([`${TIME} {"subject":"b","value":7}`])).toEqual([
      `NDJSON, in ${prefixed}`,
      counted('b'),
    ]);
  });

  it.each([
    'Mar  4 10:00:00 web nginx: ',
    '<190>Mar 14 10:00:00 web nginx[7]: ',
    '2026-03-04T10:00:00.123456+01:00 web nginx[7]: ',
    '<190>1 2026-03-04T10:00:00Z web nginx 7 access - ',
    '<190>1 - web nginx - - [a@1 b="c] \\" d"][e] \ufeff',
  ])('is read behind what syslog writes: %j', async (head) => {
    const lines = [`${head}starting`, head + clf('/a'), `${head}{"subject":"b"}`];
    const title = 'an access log in Common or Combined Log Format, in lines of syslog';
    expect(await read(lines.slice(0, 2))).toEqual([title, expect.any(String), counted('/a')]);
    expect(await read(lines.slice(2))).toEqual(['NDJSON, in lines of syslog', expect.anything()]);
    await expect(read(lines)).rejects.toThrow(/line 3: expected an access.*, this is NDJSON/);
  });

  it('is read behind the names of containers', async () => {
    for (const name of ['web-1  | ', '[pod/web-7f/nginx] '])
      expect(await read([`${name}ready`, `${name}${clf('/a')}`, name])).toEqual([
        'an access log in Common or Combined Log Format, in lines of containers with their names in front',
        expect.stringContaining('expected host'),
        counted('/a'),
      ]);
  });

  it('is put together where it was cut, each stream by itself', async () => {
    const line = clf(`/a?${'q'.repeat(40_000)}`);
    const pieces = [line.slice(0, 16_384), line.slice(16_384, 32_768), line.slice(32_768)];
    const [one = '', two = '', three = ''] = pieces;
    expect(
      await read([
        docker(`${clf('/b')}\n`),
        ...pieces.slice(0, 2).map((piece) => docker(piece)),
        docker(`${three}\n`),
      ]),
    ).toEqual([expect.any(String), counted('/b'), counted('/a')]);
    expect(
      await read([
        cri(clf('/b')),
        cri(one, 'P'),
        cri('x', 'P', 'stderr'),
        cri(two, 'P'),
        cri(three),
      ]),
    ).toEqual([expect.any(String), counted('/b'), counted('/a')]);
    const endless = Array.from({ length: 70 }, () => cri(one, 'P'));
    expect(await read([cri(clf('/b')), ...endless, cri('end'), cri(clf('/c'))])).toEqual([
      expect.any(String),
      counted('/b'),
      expect.stringContaining('at most'),
      counted('/c'),
    ]);
  });

  it('is mapped from the JSON that the container wrote, or from that of Docker', async () => {
    const map = async (text: string, lines: readonly string[]) => {
      const mapping = parseMapping([text]);
      if (typeof mapping === 'string') throw new Error(mapping);
      return readText(lines.join('\n'), { mapping });
    };
    const inner = [docker('starting\n'), docker('{"req":{"url":"/a"},"bytes":7}\n')];
    expect(await map('subject=req.url,value=bytes', inner)).toEqual([
      "NDJSON, in Docker's json-file log",
      expect.stringContaining('expected an object'),
      counted('/a'),
    ]);
    expect(await map('subject=stream', [docker('starting\n')])).toEqual([
      'NDJSON',
      expect.objectContaining({ subject: 'stdout' }),
    ]);
  });
});
