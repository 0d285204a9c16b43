import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@tally/testing';
import { answerIn, exchange } from './support/exchange.js';
import { GatewayFixture, type RunningGateway } from './support/gateway-fixture.js';

const fixture = new GatewayFixture();
let gateway: RunningGateway;
beforeAll(async () => {
  await fixture.start();
  gateway = await fixture.gateway();
}, 60_000);
afterAll(() => fixture.stop(), 30_000);

const H = 'Host: localhost\r\n';
const EVENT = '{"id":"e-1","type":"view","subject":"s"}';
const CHUNKS = `${EVENT.length.toString(16)}\r\n${EVENT}\r\n0\r\n\r\n`;

const get = (target: string, headers = '') =>
  `GET ${target} HTTP/1.1\r\n${H}${headers}Connection: close\r\n\r\n`;
const on = (method: string, target: string) =>
  `${method} ${target} HTTP/1.1\r\n${H}Connection: close\r\n\r\n`;
const post = (headers: string, body: string, version = '1.1') =>
  `POST /v1/events HTTP/${version}\r\n${H}Content-Type: application/json\r\n${headers}Connection: close\r\n\r\n${body}`;
const coded = (coding: string) => post(`Transfer-Encoding: ${coding}\r\n`, CHUNKS);

describe('a request in a form that is not taken gets problem details', () => {
  it.each([
    ['bytes of TLS', Buffer.from([0x16, 3, 1, 0, 5, 1, 0, 0, 1, 0]), 400, 'invalid_argument'],
    ['bytes that are no HTTP', 'hello\r\n\r\n', 400, 'invalid_argument'],
    ['a method in lower case', 'get / http/1.1\r\n\r\n', 400, 'invalid_argument'],
    ['a method that nobody knows', on('FOO', '/'), 501, 'invalid_argument'],
    ['CONNECT', on('CONNECT', 'localhost:1'), 501, 'invalid_argument'],
    ['TRACE', on('TRACE', '/v1/events'), 405, 'invalid_argument'],
    ['PROPFIND', on('PROPFIND', '/v1/events'), 405, 'invalid_argument'],
    ['DELETE where it is not', on('DELETE', '/v1/events'), 405, 'invalid_argument'],
    ['OPTIONS of nothing', on('OPTIONS', '/v1/nothing'), 404, 'not_found'],
    ['OPTIONS of all', on('OPTIONS', '*'), 404, 'not_found'],
    ['a star', get('*'), 400, 'invalid_argument'],
    ['a star before a path', get('*v1/event-types'), 400, 'invalid_argument'],
    ['a target without a slash', get('v1/event-types'), 400, 'invalid_argument'],
    ['bytes in a target', get('/é'), 400, 'invalid_argument'],
    ['two slashes at the end', get('/v1/event-types//'), 404, 'not_found'],
    ['two slashes', get('//v1/event-types'), 404, 'not_found'],
    ['dots', get('/v1/../v1/event-types'), 404, 'not_found'],
    ['an upper case path', get('/V1/event-types'), 404, 'not_found'],
    ['a path that is no UTF-8', get('/v1/event-types/%ff'), 400, 'invalid_argument'],
    ['too long a path', get(`/${'x'.repeat(70_000)}`), 431, 'payload_too_large'],
    ['too long a header', get('/', `X: ${'x'.repeat(70_000)}\r\n`), 431, 'payload_too_large'],
    ['HTTP/0.9', 'GET /\r\n\r\n', 505, 'invalid_argument'],
    ['HTTP/2 in words', `GET / HTTP/2.0\r\n${H}\r\n`, 505, 'invalid_argument'],
    ['HTTP/3 in words', `GET / HTTP/3.0\r\n${H}\r\n`, 505, 'invalid_argument'],
    ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 505, 'invalid_argument'],
    ['lines without a return', `GET / HTTP/1.1\n${H}\n`, 400, 'invalid_argument'],
    ['a folded header', get('/', 'A: b\r\n c\r\n'), 400, 'invalid_argument'],
    ['a blank before the colon', get('/', 'A : b\r\n'), 400, 'invalid_argument'],
    ['a zero in a header', get('/', 'A: b\0c\r\n'), 400, 'invalid_argument'],
    ['no host', 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n', 400, 'invalid_argument'],
    ['two hosts', get('/', H), 400, 'invalid_argument'],
    [
      'an expectation',
      post('Expect: 200-ok\r\nContent-Length: 2\r\n', '[]'),
      417,
      'invalid_argument',
    ],
    [
      'two lengths',
      post('Content-Length: 2\r\nContent-Length: 2\r\n', '[]'),
      400,
      'invalid_argument',
    ],
    ['a list of lengths', post('Content-Length: 2, 2\r\n', '[]'), 400, 'invalid_argument'],
    ['a length with a sign', post('Content-Length: +2\r\n', '[]'), 400, 'invalid_argument'],
    [
      'a length without end',
      post(`Content-Length: ${'9'.repeat(30)}\r\n`, ''),
      400,
      'invalid_argument',
    ],
    [
      'a length and chunks',
      post('Content-Length: 3\r\nTransfer-Encoding: chunked\r\n', CHUNKS),
      400,
      'invalid_argument',
    ],
    [
      'chunks and a length',
      post('Transfer-Encoding: chunked\r\nContent-Length: 3\r\n', CHUNKS),
      400,
      'invalid_argument',
    ],
    ['chunks in chunks', coded('chunked, chunked'), 400, 'invalid_argument'],
    ['chunks said twice', coded('chunked\r\nTransfer-Encoding: chunked'), 400, 'invalid_argument'],
    ['chunks that are compressed', coded('chunked, gzip'), 400, 'invalid_argument'],
    ['compressed bytes in chunks', coded('gzip, chunked'), 501, 'unsupported_media_type'],
    [
      'the same in two headers',
      coded('gzip\r\nTransfer-Encoding: chunked'),
      501,
      'unsupported_media_type',
    ],
    ['compressed bytes', coded('gzip'), 501, 'unsupported_media_type'],
    ['a coding that nobody knows', coded('xchunked'), 501, 'unsupported_media_type'],
    [
      'chunks in HTTP/1.0',
      post('Transfer-Encoding: chunked\r\n', CHUNKS, '1.0'),
      400,
      'invalid_argument',
    ],
    ['a broken chunk', post('Transfer-Encoding: chunked\r\n', 'zz\r\n'), 400, 'invalid_argument'],
    [
      'long words in a chunk',
      post('Transfer-Encoding: chunked\r\n', `3;${'x'.repeat(20_000)}\r\n[] \r\n0\r\n\r\n`),
      413,
      'payload_too_large',
    ],
  ] as const)('%s', async (_, request, status, code) => {
    fixture.reset();
    const text = await exchange(gateway.port, request);
    const answer = answerIn(text);
    expect(answer).toMatchObject({ status });
    expect(answer.head).toContain('application/problem+json');
    // One answer, and nothing behind it.
    expect(JSON.parse(answer.body)).toMatchObject({
      status,
      code,
      detail: expect.stringMatching(/^expected /),
    });
    expect(fixture.appends).toEqual([]);
  });
});

describe('a request in a form that is rare and good is taken', () => {
  it.each([
    ['chunks', coded('chunked'), 202],
    ['chunks in capitals', coded('Chunked'), 202],
    ['two headers TE', get('/v1/event-types', 'TE: gzip\r\nTE: trailers\r\n'), 200],
    [
      'a wish to upgrade',
      get('/v1/event-types', 'Connection: upgrade\r\nUpgrade: websocket\r\n'),
      200,
    ],
    [
      'an expectation of 100',
      post(`Expect: 100-continue\r\nContent-Length: ${EVENT.length}\r\n`, EVENT),
      202,
    ],
    ['a slash at the end', get('/v1/event-types/'), 200],
    ['a slash at the end of a name', get('/v1/event-types/view/?'), 200],
    ['a document asked for with a length', get('/openapi.json', 'Content-Length: 0\r\n'), 200],
    ['OPTIONS', on('OPTIONS', '/v1/events'), 204],
    ['HTTP/1.0', `GET /v1/event-types HTTP/1.0\r\n${H}\r\n`, 200],
  ])('%s', async (_, request, status) => {
    expect(answerIn(await exchange(gateway.port, request))).toMatchObject({ status });
  });
});

describe('a method that a path does not know', () => {
  it.each([
    ['GET', '/v1/events', 405, 'POST, OPTIONS'],
    ['HEAD', '/v1/events', 405, 'POST, OPTIONS'],
    ['PUT', '/v1/events/', 405, 'POST, OPTIONS'],
    ['PATCH', '/v1/stats', 405, 'GET, HEAD, OPTIONS'],
    ['POST', '/openapi.json', 405, 'GET, HEAD, OPTIONS'],
    ['DELETE', '/v1/event-types/view', 405, 'GET, PUT, HEAD, OPTIONS'],
    ['OPTIONS', '/v1/admin/losses', 204, 'GET, POST, HEAD, OPTIONS'],
  ])('%s %s is told which it knows', async (method, path, status, allow) => {
    const answer = answerIn(await exchange(gateway.port, on(method, path)));
    expect(answer).toMatchObject({ status });
    expect(answer.head.toLowerCase()).toContain(`\r\nallow: ${allow.toLowerCase()}\r\n`);
  });
});

it('what is refused before its path is looked at is in the metric of requests', async () => {
  const counted = async (status: number) => {
    const text = await (await fetch(`${gateway.adminUrl}/metrics`)).text();
    const line = `tally_gateway_request_seconds_count{route="none",status="${status}"`;
    return Number(
      text
        .split('\n')
        .find((one) => one.startsWith(line))
        ?.split(' ')
        .at(-1) ?? 0,
    );
  };
  for (const [status, request] of [
    [400, 'hello\r\n\r\n'],
    [417, post('Expect: 200-ok\r\nContent-Length: 2\r\n', '[]')],
    [421, 'GET / HTTP/1.1\r\nHost: other.example.org\r\nConnection: close\r\n\r\n'],
    [501, on('CONNECT', 'localhost:1')],
    [505, 'GET /\r\n\r\n'],
  ] as const) {
    const before = await counted(status);
    await exchange(gateway.port, request);
    expect({ status, more: (await counted(status)) - before }).toEqual({ status, more: 1 });
  }
});

describe('bytes that are no request', () => {
  it('behind one that is still being answered leave it its answer, and get none', async () => {
    fixture.reset();
    let answer = (): void => undefined;
    fixture.onAppend = () => new Promise((resolve) => (answer = () => resolve({})));
    const request = post(`Content-Length: ${EVENT.length}\r\n`, EVENT).replace(
      'Connection: close\r\n',
      '',
    );
    const text = exchange(gateway.port, `${request}FOO\r\n\r\n`);
    // The parser has read both by then: they came together.
    await eventually('the append came', async () => fixture.appends.length === 1);
    answer();
    const answers = (await text).match(/HTTP\/1\.1 \d{3}/g);
    expect(answers).toEqual(['HTTP/1.1 202']);
  });
});
