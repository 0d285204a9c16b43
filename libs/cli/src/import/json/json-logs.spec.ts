import { describe, expect, it } from '@jest/globals';
import { readText } from '../../../test/support/read-text.js';
import { parseMapping } from '../mapping.js';

const read = (lines: readonly (object | string)[], format?: string) =>
  readText(
    lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n'),
    { format },
  );
const event = (subject: string, time: string, rest: object = {}) => ({
  id: 'given',
  type: 'view',
  subject,
  time: `2026-05-06T${time}Z`,
  ...rest,
});
const GET_200 = { attributes: { method: 'GET', status: 200 } };

describe('an access log of Caddy', () => {
  const request = { remote_ip: '192.0.2.1', proto: 'HTTP/1.1', method: 'GET', uri: '/a?b' };
  const line = (ts: unknown, rest: object = {}) => ({
    level: 'info',
    ts,
    logger: 'http.log.access.log0',
    request,
    size: 5,
    status: 200,
    ...rest,
  });

  it('has times in many ways, and counts what its access loggers write alone', async () => {
    const lines = [
      { level: 'info', ts: 1778051288.9, logger: 'admin', msg: 'started' },
      line(1778051289.1239),
      line('1778051289.123'),
      line(1778051289123.9),
      line('2026-05-06T09:08:09.5+0200', { logger: 'http.log.access' }),
      line('2026/05/06 07:08:09.123', { size: undefined }),
      line('06/May/2026:09:08:09 +0200'),
      line(1778051289, { logger: 'http.log.error.log0' }),
      line(1778051289, { logger: 'http.log.accessory' }),
      line(1778051289, { request: { method: 'GET', uri: 'a' } }),
    ];
    const counted = (time: string) => event('/a', time, { value: 5, ...GET_200 });
    expect(await read(lines)).toEqual([
      'an access log of Caddy (JSON)',
      'not a request: "admin" is no logger below http.log.access',
      counted('07:08:09.123'),
      counted('07:08:09.123'),
      counted('07:08:09.123'),
      counted('07:08:09.500'),
      expect.stringContaining('--zone'),
      counted('07:08:09.000'),
      expect.stringContaining('"http.log.error.log0" is no logger'),
      expect.stringContaining('"http.log.accessory" is no logger'),
      'not a request of HTTP: "GET a"',
    ]);
  });

  it('is NDJSON like any other with --map', async () => {
    const mapping = parseMapping(['subject=request.uri']);
    if (typeof mapping === 'string') throw new Error(mapping);
    const lines = [line(1), { level: 'info' }].map((one) => JSON.stringify(one)).join('\n');
    expect(await readText(lines, { mapping })).toEqual([
      'NDJSON',
      { id: 'given', type: 'view', subject: '/a?b' },
      'request.uri: expected what is counted',
    ]);
  });
});

describe('an access log of Traefik', () => {
  it('has the time at which the request began, in UTC, or what is left of it', async () => {
    const line = { RequestMethod: 'GET', RequestPath: '/a?b', DownstreamStatus: 200 };
    const StartUTC = '2026-05-06T07:08:09.123999999Z';
    const time = '2026-05-06T09:08:10+02:00';
    expect(
      await read([
        { level: 'info', msg: 'Configuration loaded', time },
        { ...line, DownstreamContentSize: 7, StartLocal: time, StartUTC, time },
        { ...line, StartLocal: '2026-05-06T09:08:09.5+02:00', time },
        { ...line, time },
        line,
        { ...line, RequestPath: 'a', time },
      ]),
    ).toEqual([
      'an access log of Traefik (JSON)',
      expect.stringContaining('not a request'),
      event('/a', '07:08:09.123', { value: 7, ...GET_200 }),
      event('/a', '07:08:09.500', GET_200),
      event('/a', '07:08:10.000', GET_200),
      'expected a time in StartUTC or StartLocal or time',
      expect.stringContaining('not a request'),
    ]);
  });
});

describe('an access log of nginx in JSON', () => {
  const time = '2026-05-06T09:08:09+02:00';

  it('has the usual variables, under the usual names, also as texts', async () => {
    const counted = event('/a', '07:08:09.000', { value: 7, ...GET_200 });
    expect(
      await read([
        {
          msec: '1778051289.000',
          time_iso8601: 'x',
          request_method: 'GET',
          request_uri: '/a?b',
          status: '200',
          body_bytes_sent: '7',
          bytes_sent: '999',
        },
        { time_iso8601: time, request: 'GET /a?b HTTP/2.0', status: 200, bytes_sent: 7 },
        {
          time_local: '06/May/2026:09:08:09 +0200',
          request: 'GET /a?b HTTP/1.1',
          request_uri: '/a?b',
          status: '200',
          body_bytes_sent: 7,
        },
        { '@timestamp': time, method: 'GET', uri: '/a', args: 'b', status: 200, size: '7' },
        { time, request: '', status: '400', body_bytes_sent: '0' },
        { time, request: '\u0016\u0003\u0001', status: '400', body_bytes_sent: '0' },
        { time, request: 'GET /a HTTP/1.1', status: 'many' },
        { request: 'GET /a HTTP/1.1', status: 200 },
      ]),
    ).toEqual([
      'an access log of nginx (JSON)',
      counted,
      counted,
      counted,
      counted,
      expect.stringContaining('not a request'),
      expect.stringContaining('not a request'),
      'status: expected a number, got "many"',
      expect.stringContaining('expected a time in msec or time_iso8601'),
    ]);
  });

  it('is mended where bytes are escaped as they are not in JSON', async () => {
    const line = (path: string) =>
      `{"time":"${time}","request":"GET ${path} HTTP/1.1","status":200}`;
    const read = async (path: string) => (await readText(line(path)))[1];
    const counted = (path: string) => event(path, '07:08:09.000', GET_200);
    expect(await read('/caf\\xC3\\xA9\\x22\\x5Cx')).toEqual(counted('/café"\\x'));
    expect(await read('/caf\\u00e9\\\\x41\\"')).toEqual(counted('/café\\x41"'));
    // Not UTF-8: told apart as they were written.
    expect(await read('/\\xE9')).toEqual(counted('/\\xE9'));
    expect(await read('/\\x16\\x03')).toEqual(expect.stringContaining('not a request'));
  });
});

describe('an access log of CloudFront in JSON', () => {
  it('has the fields of its W3C log, all as texts', async () => {
    const line = {
      'cs-method': 'GET',
      'cs-uri-stem': '/a',
      'cs-uri-query': '-',
      'sc-status': '200',
    };
    expect(
      await read([
        { ...line, date: '2026-05-06', time: '07:08:09', 'sc-bytes': '7' },
        { ...line, 'timestamp(ms)': '1778051289123', 'sc-bytes': '-' },
        { ...line, 'cs-uri-stem': '-', time: '07:08:09', date: '2026-05-06' },
        { ...line, time: '07:08:09' },
      ]),
    ).toEqual([
      'an access log of CloudFront (JSON)',
      event('/a', '07:08:09.000', { value: 7, ...GET_200 }),
      event('/a', '07:08:09.123', GET_200),
      expect.stringContaining('expected the path'),
      expect.stringContaining('expected a field date'),
    ]);
  });
});

describe('JSON of no known kind', () => {
  it('is refused with all that is known', async () => {
    await expect(read([{ level: 'info', msg: 'hello' }])).rejects.toThrow(
      /they begin with "\{.*Known are s3 .*caddy.*traefik.*nginx-json.*csv.*--map subject=NAME/,
    );
    expect(await read([{ level: 'info' }], 'ndjson')).toEqual([
      'expected a member "subject", or --map subject=MEMBER',
    ]);
  });

  it('is told by line between events, and ends them when it is another log', async () => {
    expect(await read([{ subject: 'a' }, { msg: 'b' }])).toEqual([
      'NDJSON',
      { id: 'given', type: 'view', subject: 'a' },
      expect.stringContaining('"subject"'),
    ]);
    const traefik = { RequestPath: '/', RequestMethod: 'GET' };
    await expect(read([{ subject: 'a' }, traefik])).rejects.toThrow(/line 2: .*this is .*Traefik/);
    await expect(read([traefik, { subject: 'a' }])).rejects.toThrow(/line 2: .*this is NDJSON/);
  });
});
