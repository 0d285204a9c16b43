import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { GatewayFixture, type RunningGateway } from './support/gateway-fixture.js';

const fixture = new GatewayFixture();
let gateway: RunningGateway;
beforeAll(async () => {
  await fixture.start();
  gateway = await fixture.gateway();
}, 60_000);
afterAll(() => fixture.stop(), 30_000);
beforeEach(() => fixture.reset());

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

async function ask(
  method: string,
  target: string,
  body?: string,
  type = 'application/json',
): Promise<Answer> {
  const { status, headers, text } = await fetch(`${gateway.url}${target}`, {
    method,
    headers: type === '' ? {} : { 'content-type': type },
    // As bytes, because fetch gives a text a media type.
    ...(body === undefined ? {} : { body: Buffer.from(body) }),
  }).then(async (answer) => ({
    status: answer.status,
    headers: answer.headers,
    text: await answer.text(),
  }));
  return { status, headers, body: text === '' ? {} : (JSON.parse(text) as Answer['body']) };
}

const send = (body: string, type?: string) => ask('POST', '/v1/events', body, type);
const event = (more: object = {}) =>
  JSON.stringify({ id: 'e-1', type: 'order', subject: 'shop', ...more });
const line = event();

describe('a body of events in a form that is taken', () => {
  it.each([
    ['application/x-ndjson', `${line}\n{"id":"e-2",\n${line}\n`, 2, [1]],
    ['application/x-ndjson', `${line}\n"half a li\n${line}`, 2, [1]],
    ['application/x-ndjson', `true\nnull\n[]\n${line}`, 1, [0, 1, 2]],
    ['application/x-ndjson', `${line} ${line}\n${line}`, 1, [0]],
    ['application/x-ndjson', `${line}\n{"id":"cut off at the e`, 1, [1]],
    ['application/x-ndjson', `\n\t\n${line}\r\n \r\n${line}`, 2, []],
    ['application/x-ndjson; charset=utf-8', `\ufeff${line}\r\n`, 1, []],
    ['application/x-ndjson', `${line}\n\ufeff${line}\r\n\ufeff\n`, 2, []],
    ['application/x-ndjson;charset="utf8"', line, 1, []],
    ['Application/NDJSON', line, 1, []],
    ['application/jsonl; charset=UTF-8', line, 1, []],
    ['application/x-jsonlines', line, 1, []],
    ['application/json-lines', line, 1, []],
    ['application/stream+json', line, 1, []],
    ['application/x-json-stream', line, 1, []],
    ['text/ndjson', line, 1, []],
    ['text/jsonl', line, 1, []],
    ['text/json', line, 1, []],
    ['application/json; profile="a;charset=latin1"', line, 1, []],
    ['application/json', `[true, ${line}, "x", {}, [${line}], null, 1e3]`, 1, [0, 2, 3, 4, 5, 6]],
    ['application/json', `[${line}, {"id":"e-2",}, ${line}]`, 2, [1]],
    ['application/json', `[${line}, nul, ${line},]`, 2, [1, 3]],
    ['application/json', `\ufeff [${line}]\r\n`, 1, []],
    ['APPLICATION/JSON ; Charset=Utf-8', line, 1, []],
    ['text/plain', line, 1, []],
    ['text/plain; charset=utf-8', `\ufeff[${line}, 7]`, 1, [1]],
  ] as const)('%s: %j', async (type, body, accepted, rejected) => {
    const answer = await send(body, type);
    expect(answer).toMatchObject({
      status: 202,
      body: {
        accepted,
        rejected: rejected.length,
        results: rejected.map((index) => ({
          index,
          status: 'rejected',
          detail: expect.anything(),
        })),
      },
    });
  });

  it.each([
    ['id', { id: null }],
    ['time', { time: null }],
    ['value', { value: null }],
    ['attributes', { attributes: null }],
    ['an attribute', { attributes: { a: null, b: 'c' } }],
    ['all that may be', { id: null, time: null, value: null, attributes: { a: null } }],
  ])('null as %s is absent', async (_, more) => {
    expect(await send(event(more))).toMatchObject({ status: 202, body: { accepted: 1 } });
  });

  it.each([
    '2026-02-03 04:05:06Z',
    '2026-02-03 04:05:06+00:00',
    '2026-02-03 06:05:06.000+02',
    '2026-02-03t04:05:06z',
    '2026-02-03T05:05:06+0100',
    '2026-02-03T04:05Z',
    '2026-02-03T04:05:06.999999999Z',
    '2026-02-03T04:05:06,25Z',
    '2016-12-31T23:59:60Z',
  ])('a time as %s', async (time) => {
    expect(await send(event({ time }))).toMatchObject({ status: 202, body: { accepted: 1 } });
  });
});

describe('what is no event says what is taken', () => {
  it.each([
    ['time_invalid', { time: '2026-02-03T04:05:06' }, /RFC 3339.*no offset/],
    ['time_invalid', { time: '2026-02-03' }, /RFC 3339/],
    ['time_invalid', { time: '2026-02-29T00:00:00Z' }, /RFC 3339/],
    ['time_invalid', { time: '2026-02-03T24:01:00Z' }, /RFC 3339/],
    ['time_invalid', { time: 'Tue, 03 Feb 2026 04:05:06 GMT' }, /RFC 3339/],
    ['time_invalid', { time: 1_770_091_506 }, /RFC 3339/],
    ['time_invalid', { time: 1_770_091_506_000 }, /RFC 3339/],
    ['time_invalid', { time: '' }, /RFC 3339/],
    ['type_missing', { type: null }, /type/],
    ['subject_missing', { subject: null }, /subject/],
    ['field_unknown', { color: 'red' }, /color/],
  ])('%s for %j', async (code, more, detail) => {
    const answer = await send(event(more));
    expect(answer).toMatchObject({ status: 422, body: { results: [{ index: 0, code }] } });
    expect(answer.body['detail']).toMatch(detail);
  });

  it.each([
    ['', 'application/json', 415],
    ['application/json; charset=iso-8859-1', 'charset', 415],
    ['application/x-ndjson; charset=utf-16', 'charset', 415],
    ['text/plain; charset=latin1', 'charset', 415],
    ['application/xml', 'application/x-ndjson', 415],
    ['text/csv', 'application/json', 415],
    ['text/html', 'text/plain', 415],
    ['multipart/form-data; boundary=x', 'application/json', 415],
    ['application/x-www-form-urlencoded', 'application/json', 415],
    ['json', 'application/json', 415],
    ['application/json, text/plain', 'application/json', 415],
    ['*/*', 'application/json', 415],
  ])('the media type %j', async (type, has, status) => {
    const answer = await send(line, type);
    expect(answer).toMatchObject({ status, body: { code: 'unsupported_media_type' } });
    expect(answer.body['detail']).toContain(has);
  });

  it.each([
    ['null', 'an event'],
    ['"x"', 'an event'],
    ['[]', 'at least one'],
    ['', 'malformed at character 0'],
    [`[${line}`, 'cannot be told'],
    [`[${line}]]`, 'cannot be told'],
    [`${line}\n${line}`, 'malformed'],
  ])('the JSON %j is refused whole', async (body, has) => {
    const answer = await send(body);
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_argument' } });
    expect(answer.body['detail']).toContain(has);
  });
});

describe('a path or method', () => {
  it.each([
    ['GET', '/v1/events', 405, 'POST'],
    ['PUT', '/v1/events', 405, 'POST'],
    ['DELETE', '/v1/events/', 405, 'POST'],
    ['PATCH', '/v1/events', 405, 'POST'],
    ['POST', '/v1/stats', 405, 'GET'],
    ['DELETE', '/v1/stats/', 405, 'GET'],
    ['POST', '/v1/event-types', 405, 'GET'],
    ['POST', '/v1/event-types/order', 405, 'PUT'],
    ['DELETE', '/openapi.json', 405, 'GET'],
    ['PUT', '/v1/admin/losses', 405, 'POST'],
  ])('%s %s: %i, and Allow has %s', async (method, path, status, allowed) => {
    const answer = await ask(method, path);
    expect(answer).toMatchObject({ status });
    expect(answer.headers.get('allow')?.split(', ')).toContain(allowed);
    expect(answer.body['detail']).toContain(allowed);
  });

  it.each([
    ['GET', '/v1/nothing'],
    ['POST', '/v1/event'],
    ['POST', '/events'],
    ['GET', '/v2/stats'],
    ['GET', '/'],
    ['GET', '/v1//stats'],
  ])('%s %s: 404', async (method, path) => {
    const { status, body, headers } = await ask(method, path);
    expect({ status, code: body['code'] }).toEqual({ status: 404, code: 'not_found' });
    expect(headers.get('allow')).toBeNull();
  });
});

describe('a question', () => {
  const stats = (rest: string) => ask('GET', `/v1/stats?type=order&subject=shop${rest}`);

  it.each([
    '',
    '&from=-7d',
    '&from=-6h&to=now&granularity=hour',
    '&from=-P1D',
    '&from=2026-02-01&to=2026-02-03',
    '&from=2026-02-01&to=2026-02-03T01:02:03.004Z&granularity=day',
    '&from=2026-02-01T00:00:00+02:00&to=2026-02-03T00:00:00%2b0200&granularity=hour',
    '&from=2026-02-01%2000:00Z&to=2026-02-03T00:00Z',
    '&granularity=minute&from=2024-02-01&to=2026-02-01',
    '&function=COUNT,Sum&granularity=Day&from=-3d',
    '&function=&timezone=',
  ])('%s has an answer', async (rest) => {
    expect(await stats(rest)).toMatchObject({ status: 200, body: { meta: expect.anything() } });
  });

  it('with a slash at the end of its path is the same', async () => {
    expect(await ask('GET', '/v1/stats/?type=order&subject=shop')).toMatchObject({ status: 200 });
  });

  it('is rounded outward, and the answer says to what', async () => {
    const range = '&granularity=hour&from=2026-02-01T01:59:59.999Z&to=2026-02-01T03:00:00.001Z';
    expect(await stats(range)).toMatchObject({
      status: 200,
      body: { from: '2026-02-01T01:00:00Z', to: '2026-02-01T04:00:00Z' },
    });
  });

  it('of a type that nobody sent is warned of', async () => {
    const { status, body } = await stats('');
    expect(status).toBe(200);
    expect(body['meta']).toMatchObject({ warnings: [expect.stringContaining('order')] });
  });

  it.each([
    ['&from=2026-02-03T00:00:00Z&to=2026-02-01T00:00:00Z', ['from', 'to']],
    ['&function=median', ['function', 'count', 'avg']],
    ['&granularity=week', ['granularity', 'hour']],
    ['&granulartiy=hour', ['granulartiy', 'granularity']],
    ['&from=yesterday', ['from', 'now']],
    ['&from=2026-02-03T00:00:00', ['from', 'offset']],
    ['&timezone=Mars/Olympus', ['timezone', 'UTC']],
    ['&fill=one', ['fill', 'zero']],
    ['&fill=zero&granularity=minute&from=2024-02-01&to=2026-02-01', ['hour']],
    ['&fill=one&function=median', ['fill', 'function']],
  ])('%s is refused, and told what is taken', async (rest, has) => {
    const { status, body } = await stats(rest);
    expect({ status, code: body['code'] }).toEqual({ status: 400, code: 'invalid_argument' });
    for (const word of has) expect(body['detail']).toContain(word);
  });
});
