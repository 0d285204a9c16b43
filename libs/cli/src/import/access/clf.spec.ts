import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readEntry } from './access-entry.js';
import { parseAccessLine } from './clf.js';

const line = (request: string, rest = '200 2326') =>
  `203.0.113.9 - - [10/Oct/2000:13:55:36 -0700] "${request}" ${rest}`;
const TIME = Date.parse('2000-10-10T20:55:36Z');
const read = (text: string, keepQuery = false) =>
  readEntry(parseAccessLine(text), Buffer.from(text), 'the-id', { type: 'view', keepQuery });

describe('a line of an access log', () => {
  it('says time, method, path, status and bytes', () => {
    expect(parseAccessLine(line('GET /apache_pb.gif HTTP/1.0'))).toEqual({
      time: TIME,
      method: 'GET',
      target: '/apache_pb.gif',
      status: 200,
      bytes: 2326,
    });
  });

  it.each([
    ['of the combined format', line('GET /a HTTP/2.0', '200 7 "http://x/" "Mozilla \\"5\\""')],
    ['with fields of its own at the end', line('GET /a HTTP/1.1', '200 7 "-" "-" 0.004 [up]')],
    ['of an IPv6 client', line('GET /a HTTP/1.1', '200 7').replace(/^\S+/, '2001:db8::1')],
    ['of a user with a space', line('GET /a HTTP/1.1', '200 7').replace('- -', '- john doe')],
    ['behind the name of a virtual host', `example.org:443 ${line('GET /a HTTP/1.1', '200 7')}`],
    [
      'with a time of RFC 3339',
      line('GET /a HTTP/1.1', '200 7').replace(/\[.*\]/, '[2000-10-10T13:55:36-07:00]'),
    ],
    ['without a space before its zone', line('GET /a HTTP/1.1', '200 7').replace(' -07', '-07')],
    ['without a protocol', line('GET /a', '200 7')],
    ['of a proxy', line('GET http://example.org:81/a HTTP/1.1', '200 7')],
  ])('%s is read', (_, text) => {
    expect(parseAccessLine(text)).toEqual({
      time: TIME,
      method: 'GET',
      target: '/a',
      status: 200,
      bytes: 7,
    });
  });

  it.each([
    ['escaped quotes and backslashes', '/a\\"b\\\\c', '/a"b\\c'],
    ['bytes that the server wrote as \\x', '/caf\\xc3\\xa9', '/café'],
    ['bytes that are no text, as they were written', '/\\xff\\xe9', '/\\xff\\xe9'],
    ['percent signs, as the client sent them', '/caf%C3%A9%2Fx', '/caf%C3%A9%2Fx'],
    ['spaces', '/a b', '/a b'],
  ])('has %s in its path', (_, written, path) => {
    expect(parseAccessLine(line(`GET ${written} HTTP/1.1`))).toMatchObject({ target: path });
  });

  it.each([
    ['an empty line', ''],
    ['no log at all', 'lorem ipsum'],
    ['a TLS handshake', line('\\x16\\x03\\x01\\x02', '400 226')],
    ['no request', line('-', '408 -')],
    ['a path with a NUL', line('GET /a\\x00b HTTP/1.1')],
    ['words without protocol', line('GET /a b c')],
    ['lower case', line('get /a HTTP/1.1')],
    ['no closing quote', line('GET /a HTTP/1.1').replace('1.1"', '1.1')],
    ['no status', line('GET /a HTTP/1.1', '')],
    ['31 February', line('GET /a HTTP/1.1').replace('10/Oct', '31/Feb')],
    ['a month that is none', line('GET /a HTTP/1.1').replace('Oct', 'Okt')],
    ['25 o’clock', line('GET /a HTTP/1.1').replace(':13:', ':25:')],
    ['bytes that are no number', line('GET /a HTTP/1.1', '200 many')],
  ])('is no event with %s', (_, text) => {
    expect(typeof parseAccessLine(text)).toBe('string');
  });

  it('is read in the time of its length, however it is made', () => {
    const evil = ' [10/Oct/2000:13:55:36 -0700] "'.repeat(30_000) + '\\'.repeat(99_999);
    expect(typeof parseAccessLine(`a b ${evil}`)).toBe('string');
    expect(typeof parseAccessLine(line(`GET /${'a '.repeat(400_000)}`))).toBe('string');
  });

  const hex = (text: string) =>
    [...Buffer.from(text)].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');
  /** As nginx and Apache write a field: quotes, backslashes, and what is not ASCII. */
  const escaped = (text: string) =>
    text.replace(/["\\]/g, '\\$&').replace(/[^ -~]+/gu, (others) => hex(others));
  const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');
  const two = (number: number) => String(number).padStart(2, '0');
  const logTime = (time: number, offset: number) => {
    const local = new Date(time + offset * 60_000);
    const zone = `${offset < 0 ? '-' : '+'}${two(Math.floor(Math.abs(offset) / 60))}${two(Math.abs(offset) % 60)}`;
    return `${two(local.getUTCDate())}/${MONTHS[local.getUTCMonth()]}/${local.getUTCFullYear()}:${local.toISOString().slice(11, 19)} ${zone}`;
  };

  it('gives back what any server wrote, in any zone', () => {
    const path = fc
      .string({ unit: 'grapheme', maxLength: 40 })
      .map((text) => `/${text.replace(/\p{Cc}/gu, '')}`);
    const agent = fc.string({ unit: 'binary', maxLength: 20 });
    const entry = fc.record({
      // Seconds from 1970 to 2100.
      time: fc.nat(4_102_444_800).map((seconds) => seconds * 1000),
      method: fc.constantFrom('GET', 'POST', 'HEAD', 'PROPFIND', 'M-SEARCH'),
      target: path,
      status: fc.option(fc.integer({ min: 100, max: 599 }), { nil: undefined }),
      bytes: fc.option(fc.nat(), { nil: undefined }),
    });
    fc.assert(
      fc.property(entry, fc.integer({ min: -1439, max: 1439 }), agent, (sent, offset, agent) => {
        const { time, method, target, status, bytes } = sent;
        const text = `::1 - - [${logTime(time, offset)}] "${method} ${escaped(target)} HTTP/1.1" ${status ?? '-'} ${bytes ?? '-'} "-" "${escaped(agent)}"`;
        expect(parseAccessLine(text)).toEqual(sent);
      }),
    );
  });

  it('never throws', () => {
    const parts = ['"', '\\', ' ', '[', ']', '-', '200', 'GET /', '\\x', line('GET / HTTP/1.1')];
    const text = fc.array(fc.oneof(fc.constantFrom(...parts), fc.string({ unit: 'binary' })));
    fc.assert(
      fc.property(text, (pieces) => {
        expect(['event', 'unreadable']).toContain(read(pieces.join('')).kind);
      }),
    );
  });
});

describe('the event of a line', () => {
  const json = (text: string, keepQuery = false) => {
    const reading = read(text, keepQuery);
    return reading.kind === 'event' ? (JSON.parse(reading.json) as unknown) : reading;
  };

  it('has the path as subject and the bytes as value', () => {
    expect(json(line('GET /a?b=c HTTP/1.1'))).toEqual({
      id: 'the-id',
      type: 'view',
      subject: '/a',
      time: '2000-10-10T20:55:36.000Z',
      value: 2326,
      attributes: { method: 'GET', status: 200 },
    });
  });

  it('keeps the query when it is asked to', () => {
    expect(json(line('GET /a?b=c HTTP/1.1'), true)).toMatchObject({ subject: '/a?b=c' });
  });

  it('has no value and no status where the log has none', () => {
    expect(json(line('GET / HTTP/1.1', '- -'))).toEqual({
      id: 'the-id',
      type: 'view',
      subject: '/',
      time: '2000-10-10T20:55:36.000Z',
      attributes: { method: 'GET' },
    });
  });

  it('is left out rather than cut when its path has more than 512 bytes', () => {
    expect(json(line(`GET /${'é'.repeat(255)}x HTTP/1.1`))).toMatchObject({ type: 'view' });
    expect(json(line(`GET /${'é'.repeat(256)} HTTP/1.1`))).toMatchObject({ kind: 'unreadable' });
  });
});
