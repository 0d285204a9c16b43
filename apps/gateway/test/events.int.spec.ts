import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { CURRENT_SCHEMA_ID } from '@tally/contracts';
import { eventually } from '@tally/testing';
import { OPENAPI } from '../src/openapi/openapi-document.js';
import { GatewayFixture, type RunningGateway } from './support/gateway-fixture.js';
import { Refusal } from '@tally/testing/stub-service';

const fixture = new GatewayFixture();
let gateway: RunningGateway;
beforeAll(async () => {
  await fixture.start();
  gateway = await fixture.gateway();
}, 60_000);
afterAll(() => fixture.stop(), 30_000);
beforeEach(() => fixture.reset());

const JSON_TYPE = 'application/json';
const NDJSON = 'application/x-ndjson';

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

interface SendOptions {
  readonly type?: string;
  readonly query?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly at?: string;
}

async function send(
  body: string | Uint8Array,
  { type = JSON_TYPE, query = '', headers = {}, at = gateway.url }: SendOptions = {},
): Promise<Answer> {
  const response = await fetch(`${at}/v1/events${query}`, {
    method: 'POST',
    headers: { ...(type === '' ? {} : { 'content-type': type }), ...headers },
    body,
  });
  expect(Object.keys(OPENAPI.paths['/v1/events'].post.responses)).toContain(
    String(response.status),
  );
  const answer = (await response.json()) as Record<string, unknown>;
  return { status: response.status, headers: response.headers, body: answer };
}

function expectProblem({ status, headers, body }: Answer, expected: number, code: string): void {
  expect({ status, body }).toMatchObject({ status: expected, body: { status: expected, code } });
  expect(headers.get('content-type')).toContain('application/problem+json');
  expect(body).toMatchObject({ title: expect.any(String), detail: expect.any(String) });
}

const good = (id: string) => ({ id, type: 'view', subject: 'video-42' });

describe('sending events', () => {
  it('one event arrives in the log as it was sent, with the time of its arrival', async () => {
    const before = Date.now();
    const answer = await send(
      JSON.stringify({ ...good('e-1'), value: 4.99, attributes: { a: 'b' } }),
    );
    expect(answer.status).toBe(202);
    expect(answer.body).toEqual({ accepted: 1, rejected: 0, results: [] });
    const [event] = fixture.events;
    expect(event).toMatchObject({
      ...good('e-1'),
      project: 'default',
      value: { unscaled: 499, scale: 2 },
      attributes: { a: 'b' },
    });
    expect(event?.time).toBeGreaterThanOrEqual(before);
    const [append] = fixture.appends;
    expect(append).toMatchObject({ schemaId: CURRENT_SCHEMA_ID, registryVersion: 0, count: 1 });
  });

  it('an array and lines arrive in one append each, in their order', async () => {
    const events = Array.from({ length: 1000 }, (_, index) => good(`e-${index}`));
    expect((await send(JSON.stringify(events))).body).toMatchObject({ accepted: 1000 });
    const lines = `${events.map((event) => JSON.stringify(event)).join('\r\n')}\n`;
    expect((await send(lines, { type: `${NDJSON}; charset=utf-8` })).body).toMatchObject({
      accepted: 1000,
    });
    expect(fixture.appends).toHaveLength(2);
    const ids = events.map(({ id }) => id);
    expect(fixture.events.map(({ id }) => id)).toEqual([...ids, ...ids]);
  });

  it('bad events are rejected by index, the good ones of the batch are counted', async () => {
    const bad: readonly (readonly [string, string])[] = [
      ['{"id":"b","type":7,"subject":"s"}', 'type_invalid'],
      ['{"id":"b","type":"view","subject":"s","extra":1}', 'field_unknown'],
      ['{"id":"","type":"view","subject":"s"}', 'id_invalid'],
      ['{"id":"b","subject":"s"}', 'type_missing'],
      ['{"id":"b","type":"view"}', 'subject_missing'],
      ['{"id":"b","type":"view","subject":"a\\u0000b"}', 'subject_invalid'],
      ['{"id":"b","type":"view","subject":"\\ud83d"}', 'subject_invalid'],
      ['{"id":"b","type":"view","subject":"s","time":"9999-12-31T23:59:59Z"}', 'time_out_of_range'],
      ['{"id":"b","type":"view","subject":"s","time":"yesterday"}', 'time_invalid'],
      ['{"id":"b","type":"view","subject":"s","value":0.1234567890123456}', 'value_invalid'],
      ['{"id":"b","type":"view","subject":"s","value":1234567890123456}', 'value_invalid'],
      ['{"id":"b","type":"view","subject":"s","value":1.0000000000000000001}', 'value_invalid'],
      ['{"id":"b","type":"view","subject":"s","value":1e-400}', 'value_invalid'],
      ['{"id":"b","type":"view","subject":"s","attributes":{"a":[]}}', 'attributes_invalid'],
      ['{"id":"b","type":"view","subject":"s","attributes":{"a":1e400}}', 'attributes_invalid'],
      ['7', 'event_invalid'],
      ['[]', 'event_invalid'],
    ];
    const batch = bad.flatMap(([text], index) => [JSON.stringify(good(`g-${index}`)), text]);
    const results = bad.map(([, code], index) => ({
      index: 2 * index + 1,
      status: 'rejected',
      code,
      detail: expect.any(String),
    }));
    for (const [body, type] of [
      [`[${batch.join(',')}]`, JSON_TYPE],
      [batch.join('\n'), NDJSON],
    ] as const) {
      fixture.reset();
      const answer = await send(body, { type });
      expect(answer.status).toBe(202);
      expect(answer.body).toEqual({ accepted: bad.length, rejected: bad.length, results });
      expect(fixture.events.map(({ id }) => id)).toEqual(bad.map((_, index) => `g-${index}`));
    }
  });

  it('when none is accepted it says so as a problem, and nothing reaches the log', async () => {
    const answer = await send('[{"type":"view"},{"id":"x"}]');
    expectProblem(answer, 422, 'invalid_argument');
    expect(answer.body).toMatchObject({
      accepted: 0,
      rejected: 2,
      results: [
        { index: 0, code: 'subject_missing' },
        { index: 1, code: 'type_missing' },
      ],
    });
    expect(fixture.appends).toEqual([]);
  });

  it('assigns ids and says how many, and lists all events where asked', async () => {
    const events = [{ type: 'view', subject: 's' }, good('mine'), { id: 'bad', type: 'view' }];
    const answer = await send(JSON.stringify(events), { query: '?results=all' });
    const [assigned] = fixture.events;
    expect(answer.body).toEqual({
      accepted: 2,
      rejected: 1,
      assignedIds: 1,
      results: [
        { index: 0, status: 'accepted', id: assigned?.id },
        { index: 1, status: 'accepted', id: 'mine' },
        {
          index: 2,
          status: 'rejected',
          id: 'bad',
          code: 'subject_missing',
          detail: expect.any(String),
        },
      ],
    });
    expect(assigned?.id).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('answers only when the log has confirmed', async () => {
    let confirm = (): void => undefined;
    const confirmed = new Promise<object>((resolve) => (confirm = () => resolve({})));
    fixture.onAppend = () => confirmed;
    let answered = false;
    const sending = send(JSON.stringify(good('e-1'))).then((answer) => {
      answered = true;
      return answer;
    });
    await eventually('the append arrived', () => fixture.appends.length === 1);
    // Another request goes all the way meanwhile.
    expect((await send('[]')).status).toBe(400);
    expect(answered).toBe(false);
    confirm();
    expect((await sending).status).toBe(202);
  });
});

describe('forms in which others send events', () => {
  it.each(['application/jsonl', 'application/x-jsonlines', 'Application/NDJSON; charset="UTF-8"'])(
    'lines as %s are taken',
    async (type) => {
      const lines = `${JSON.stringify(good('l-1'))}\n${JSON.stringify(good('l-2'))}`;
      expect((await send(lines, { type })).body).toMatchObject({ accepted: 2, rejected: 0 });
    },
  );

  it('a line that is no JSON costs itself alone, and is told where it is none', async () => {
    const lines = `${JSON.stringify(good('l-1'))}\n{"id":"l2",\n\n42\n${JSON.stringify(good('l-3'))}`;
    const detail = expect.stringContaining('line 2: expected JSON, malformed at character 11');
    expect((await send(lines, { type: NDJSON })).body).toMatchObject({
      accepted: 2,
      rejected: 2,
      results: [
        { index: 1, code: 'event_invalid', detail },
        { index: 2, code: 'event_invalid' },
      ],
    });
  });

  it('an element that is no event costs itself alone, whatever it is instead', async () => {
    const event = JSON.stringify(good('a-1'));
    const body = `[${event}, 7, null, "x", [], {"id":"a-2",}, ${event.replace('a-1', '\u00e9')}, nul, ]`;
    const answer = await send(Buffer.from(body, 'latin1'), { query: '?results=all' });
    expect(answer.body).toMatchObject({ accepted: 1, rejected: 8 });
    const codes = (answer.body['results'] as { code?: string }[]).map(({ code }) => code);
    expect(codes).toEqual([undefined, ...Array<string>(8).fill('event_invalid')]);
  });

  it('JSON as text/plain is taken, as a browser sends it when a page closes', async () => {
    const answer = await send(JSON.stringify([good('p-1')]), { type: 'text/plain;charset=UTF-8' });
    expect(answer.body).toMatchObject({ accepted: 1 });
  });

  it('a time that another language printed and members that are null are taken', async () => {
    const event = { ...good('n-1'), id: null, value: null, attributes: { a: null, b: 'x' } };
    const body = JSON.stringify({ ...event, time: '2026-01-01 10:00:00,5+0100' });
    expect((await send(body)).body).toMatchObject({ accepted: 1, assignedIds: 1 });
    const time = Date.UTC(2026, 0, 1, 9, 0, 0, 500);
    expect(fixture.events[0]).toMatchObject({ time, value: null, attributes: { b: 'x' } });
  });

  it('a time without an offset is refused, and the problem says so', async () => {
    const answer = await send(JSON.stringify({ ...good('o-1'), time: '2026-01-01T10:00:00' }));
    expectProblem(answer, 422, 'invalid_argument');
    expect(answer.body['detail']).toMatch(/time_invalid: expected RFC 3339.* which has no offset/);
  });
});

describe('what is not a batch of events is refused as a whole', () => {
  it.each([
    ['malformed JSON', '{"type":"view",}', JSON_TYPE],
    ['a cut body', '{"type":"vi', JSON_TYPE],
    ['a cut array', '[{"type":"view"},{"ty', JSON_TYPE],
    ['an array with more behind it', '[{"type":"view"}] x', JSON_TYPE],
    ['no bytes', '', JSON_TYPE],
    ['an empty array', '[]', JSON_TYPE],
    ['blank lines', '\n\n', NDJSON],
    ['a number', '7', JSON_TYPE],
    ['invalid UTF-8', Buffer.from('{"id":"\xff","type":"view"}', 'latin1'), JSON_TYPE],
    ['200 000 levels', '['.repeat(200_000), JSON_TYPE],
    ['deep attributes', `{"attributes":${'{"a":'.repeat(8)}1${'}'.repeat(8)}}`, JSON_TYPE],
  ])('%s: 400', async (_, body, type) => {
    expectProblem(await send(body, { type }), 400, 'invalid_argument');
    expect(fixture.appends).toEqual([]);
  });

  it('says where JSON is malformed', async () => {
    expect((await send('{"type":"view",}')).body['detail']).toContain('character 15');
  });

  it.each([
    'text/csv',
    'application/x-www-form-urlencoded',
    'application/json; charset=latin1',
    '',
  ])('content type %j: 415', async (type) => {
    expectProblem(await send(Buffer.from('{}'), { type }), 415, 'unsupported_media_type');
  });

  it('a compressed body: 415', async () => {
    const answer = await send('{}', { headers: { 'content-encoding': 'gzip' } });
    expectProblem(answer, 415, 'unsupported_media_type');
  });

  it('a body over 8 MiB, with its length or without: 413; one of 8 MiB is read', async () => {
    const event = JSON.stringify(good('e-1'));
    const most = `[${event}${' '.repeat((8 << 20) - event.length - 2)}]`;
    expect((await send(most)).status).toBe(202);
    expectProblem(await send(`${most} `), 413, 'payload_too_large');
    const chunked = await post(gateway.port, [
      'POST /v1/events HTTP/1.1',
      'Host: localhost',
      'Content-Type: application/json',
      'Transfer-Encoding: chunked',
      '',
      '900000',
      ' '.repeat(0x900000),
      '0',
      '',
      '',
    ]);
    expect(chunked).toContain('HTTP/1.1 413');
    expect(chunked).toContain('payload_too_large');
  });

  it('a body over 8 MiB: 413 also for a caller that reads only when it has sent all', async () => {
    const size = 24 << 20;
    const socket = connect(gateway.port, '127.0.0.1').pause();
    const failure = new Promise<never>((_, reject) => socket.once('error', reject));
    const head = `POST /v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${size}\r\n\r\n`;
    const sent = new Promise((resolve) => socket.write(head + ' '.repeat(size), resolve));
    await Promise.race([sent, failure]);
    const answer = once(socket, 'data');
    socket.resume();
    expect(String(await Promise.race([answer, failure]))).toMatch(/^HTTP\/1.1 413/);
    socket.destroy();
  });

  it('more than 10 000 events: 413', async () => {
    expectProblem(await send(`[${'{},'.repeat(10_000)}{}]`), 413, 'payload_too_large');
    expectProblem(await send('{}\n'.repeat(10_001), { type: NDJSON }), 413, 'payload_too_large');
    expect(fixture.appends).toEqual([]);
  });

  it.each(['?results=some', '?other=1', '?results=all&results=all', '?results=%FF'])(
    'the query %s: 400',
    async (query) => {
      expectProblem(await send('{}', { query }), 400, 'invalid_argument');
    },
  );

  it('after all that it works as before', async () => {
    expect((await send(JSON.stringify(good('e-1')))).status).toBe(202);
  });
});

describe('when the log does not confirm', () => {
  it.each([
    ['unavailable', 503],
    ['storage_full', 503],
    ['deadline_exceeded', 504],
  ] as const)('with %s the answer is %i, and says that a retry is safe', async (code, status) => {
    fixture.onAppend = async () => Promise.reject(new Refusal(code));
    const answer = await send(JSON.stringify(good('e-1')));
    expectProblem(answer, status, code);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(answer.body['detail']).toContain('sending the same ids again is safe');
    expect(answer.body['detail']).not.toContain('without an id');
  });

  it('it warns of events that have no id of their own', async () => {
    fixture.onAppend = async () => Promise.reject(new Refusal('unavailable'));
    const answer = await send('[{"type":"view","subject":"s"}]');
    expect(answer.body['detail']).toContain('1 came without an id');
  });

  it('what the partitioner calls our fault is ours', async () => {
    fixture.onAppend = async () => Promise.reject(new Refusal('invalid_argument'));
    expectProblem(await send(JSON.stringify(good('e-1'))), 500, 'internal');
  });

  it('a log that hangs is given up on', async () => {
    const impatient = await fixture.gateway({ TALLY_APPEND_TIMEOUT_MS: '100' });
    fixture.onAppend = () => new Promise(() => undefined);
    const answer = await send(JSON.stringify(good('e-1')), { at: impatient.url });
    expectProblem(answer, 504, 'deadline_exceeded');
  });

  it('bodies wait in bounded memory: what comes then is refused unread', async () => {
    const small = await fixture.gateway({ TALLY_MAX_IN_FLIGHT_BYTES: String(8 << 20) });
    let confirm = (): void => undefined;
    const confirmed = new Promise<object>((resolve) => (confirm = () => resolve({})));
    fixture.onAppend = () => confirmed;
    const event = JSON.stringify(good('e-1'));
    const large = `[${event}${' '.repeat(5 << 20)}]`;
    const first = send(large, { at: small.url });
    await eventually('the first arrived', () => fixture.appends.length === 1);
    const refused = await send(large, { at: small.url });
    expectProblem(refused, 503, 'unavailable');
    expect(refused.headers.get('retry-after')).toBe('1');
    // A small one has room beside it.
    const second = send(event, { at: small.url });
    await eventually('the second arrived', () => fixture.appends.length === 2);
    confirm();
    expect([(await first).status, (await second).status]).toEqual([202, 202]);
    expect((await send(large, { at: small.url })).status).toBe(202);
    const metrics = await (await fetch(`${small.adminUrl}/metrics`)).text();
    expect(metrics).toMatch(/tally_gateway_refused_for_memory_total(\{.*\})? 1\n/);
  });
});

/** Sends lines as they are, and gives back what came until the server closed or answered. */
function post(port: number, lines: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => {
      text += chunk;
      if (text.endsWith('}')) socket.destroy();
    });
    // The server may answer and close before all is sent.
    socket.on('error', () => resolve(text));
    socket.on('close', () => resolve(text));
    socket.on('connect', () => socket.write(lines.join('\r\n')));
    socket.setTimeout(15_000, () => {
      reject(new Error('no answer'));
      socket.destroy();
    });
  });
}
