import { connect } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '@tally/testing';
import { exchange } from './support/exchange.js';
import { GatewayFixture, type RunningGateway } from './support/gateway-fixture.js';

const fixture = new GatewayFixture();
let gateway: RunningGateway;
beforeAll(async () => {
  await fixture.start();
  gateway = await fixture.gateway({ TALLY_API_KEY: 'secret', TALLY_ADMIN_KEY: 'master' });
}, 60_000);
afterAll(() => fixture.stop(), 30_000);
beforeEach(() => fixture.reset());

const EVENT = JSON.stringify({ id: 'e-1', type: 'view', subject: 's' });
const STATS = '/v1/stats?type=view&subject=s&from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z';

async function ask(method: string, path: string, key?: string, body?: string) {
  const response = await fetch(gateway.url + path, {
    method,
    headers: {
      ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body }),
  });
  const text = await response.text();
  const answer = (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>;
  return { status: response.status, headers: response.headers, answer };
}

const POST = { method: 'POST', headers: { 'content-type': 'application/json' }, body: EVENT };

const HEAD =
  'POST /v1/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer secret\r\nContent-Type: application/json\r\n';

function announced(bytes: number): string {
  return `${HEAD}Content-Length: ${bytes}\r\n\r\n`;
}

function chunked(): string {
  return `${HEAD}Transfer-Encoding: chunked\r\n\r\n`;
}

async function inFlightBytes(at = gateway): Promise<number> {
  const metrics = await (await fetch(`${at.adminUrl}/metrics`)).text();
  return Number(/tally_gateway_in_flight_bytes(?:\{.*\})? (\d+)\n/.exec(metrics)?.[1]);
}

describe('a body that came behind another request', () => {
  it('gives its room back when the caller goes before it is answered', async () => {
    let answer = () => {};
    const asked = new Promise<void>((isAsked) => {
      fixture.onGetStats = () => {
        isAsked();
        return new Promise((resolve) => {
          answer = () => resolve({ subjects: [], missingShards: [] });
        });
      };
    });
    const question = `GET ${STATS} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer secret\r\n\r\n`;
    const caller = connect(gateway.port, '127.0.0.1').on('error', () => undefined);
    caller.write(`${question}${announced(EVENT.length)}${EVENT}`);
    await asked;
    await eventually('its events are appended', () => fixture.appends.length === 1);
    expect(await inFlightBytes()).toBe(EVENT.length);
    caller.destroy();
    await eventually('its room is given back', async () => (await inFlightBytes()) === 0);
    answer();
  });
});

describe('a key', () => {
  it('opens what it is for', async () => {
    expect(await ask('POST', '/v1/events', 'secret', EVENT)).toMatchObject({ status: 202 });
    expect(await ask('GET', STATS, 'secret')).toMatchObject({ status: 200 });
    expect(await ask('GET', '/v1/event-types', 'secret')).toMatchObject({ status: 200 });
    expect(await ask('PUT', '/v1/event-types/view', 'master', '{}')).toMatchObject({ status: 201 });
  });

  it.each([
    ['POST', '/v1/events', undefined],
    ['POST', '/v1/events', 'wrong'],
    ['POST', '/v1/events', 'master'],
    ['GET', STATS, undefined],
    ['GET', '/v1/event-types', 'secret2'],
    ['GET', '/v1/event-types/view', undefined],
    ['PUT', '/v1/event-types/view', undefined],
    ['POST', '/%761/events', undefined],
    ['GET', '/v1/event%2Dtypes', undefined],
  ])('is needed: %s %s with %p is unauthenticated', async (method, path, key) => {
    const found = await ask(method, path, key, method === 'GET' ? undefined : '{}');
    expect(found).toMatchObject({ status: 401, answer: { status: 401, code: 'unauthenticated' } });
    expect(found.headers.get('www-authenticate')).toBe('Bearer realm="tally"');
    expect(fixture.appends).toEqual([]);
  });

  it('for the API does not administer', async () => {
    const found = await ask('PUT', '/v1/event-types/view', 'secret', '{}');
    expect(found).toMatchObject({ status: 403, answer: { code: 'permission_denied' } });
  });

  it('is asked for before the body is read', async () => {
    const answer = await exchange(
      gateway.port,
      'POST /v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n' +
        'Content-Length: 1000000\r\nConnection: close\r\n\r\n',
    );
    expect(answer).toContain('HTTP/1.1 401');
  });

  it('is not needed for the document of the API, which names no secret', async () => {
    const { status, answer } = await ask('GET', '/openapi.json');
    expect(status).toBe(200);
    expect(answer).toMatchObject({ openapi: '3.1.0' });
    expect(JSON.stringify(answer)).not.toContain('secret');
  });
});

describe('what nobody answers', () => {
  it.each([
    ['GET', '/'],
    ['GET', '/v1'],
    ['POST', '/v2/events'],
    ['GET', `/${'x'.repeat(10_000)}`],
    ['GET', '/metrics'],
    ['GET', '/health/ready'],
  ])('%s %s is a problem that names what there is', async (method, path) => {
    const found = await ask(method, path, 'secret');
    expect(found).toMatchObject({ status: 404, answer: { status: 404, code: 'not_found' } });
    expect(found.headers.get('content-type')).toContain('application/problem+json');
    expect(found.answer['detail']).toContain('POST /v1/events');
    expect(String(found.answer['detail']).length).toBeLessThan(300);
  });

  it('a body for a path that does not exist is refused before it is read', async () => {
    const answer = await exchange(
      gateway.port,
      'POST /v2/events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n' +
        'Content-Length: 1000000\r\nConnection: close\r\n\r\n',
    );
    expect(answer).toContain('HTTP/1.1 404');
    expect(answer).toContain('"code":"not_found"');
  });

  it('a path that is not percent-encoded UTF-8 is a problem', async () => {
    const found = await ask('GET', '/v1/event-types/%E0%A4', 'secret');
    expect(found).toMatchObject({ status: 400, answer: { code: 'invalid_argument' } });
  });

  it.each([
    ['no HTTP', 'hello\r\n\r\n', 400, 'invalid_argument'],
    [
      'two lengths',
      `POST /v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n`,
      400,
      'invalid_argument',
    ],
    [
      'a broken chunk',
      `POST /v1/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer secret\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n`,
      400,
      'invalid_argument',
    ],
    [
      'too long a head',
      `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(70_000)}\r\n\r\n`,
      431,
      'payload_too_large',
    ],
  ])('%s is a problem', async (_, request, status, code) => {
    const answer = await exchange(gateway.port, request);
    expect(answer).toContain(`HTTP/1.1 ${status} `);
    expect(answer).toContain('application/problem+json');
    expect(JSON.parse(answer.slice(answer.indexOf('{')))).toMatchObject({ status, code });
  });

  it.each([
    ['head', 'POST /v1/events HTTP/1.1\r\nHost: localhost\r\n'],
    [
      'body',
      'POST /v1/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer secret\r\n' +
        'Content-Type: application/json\r\nContent-Length: 100\r\n\r\n[',
    ],
  ])(
    'a caller that never ends its %s is answered and let go',
    async (_, request) => {
      const impatient = await fixture.gateway({
        TALLY_API_KEY: 'secret',
        TALLY_REQUEST_TIMEOUT_MS: '1000',
      });
      const answer = await exchange(impatient.port, request);
      expect(answer).toContain('HTTP/1.1 408 ');
      expect(answer).toContain('"code":"deadline_exceeded"');
    },
    20_000,
  );

  it('a caller that goes away in the middle of a body gives its memory back', async () => {
    const socket = connect(gateway.port, '127.0.0.1');
    socket.write(`${announced(1_000_000)}[${' '.repeat(999)}`);
    await eventually('what came is paid for', async () => (await inFlightBytes()) === 1000);
    socket.destroy();
    await eventually('the memory is back', async () => (await inFlightBytes()) === 0);
  });
});

describe('a body', () => {
  it('costs nothing until it comes: callers that only announce keep nobody out', async () => {
    const sockets = Array.from({ length: 20 }, () => connect(gateway.port, '127.0.0.1'));
    try {
      for (const socket of sockets) socket.write(`${announced(8 << 20)}[`);
      await eventually('all have begun', async () => (await inFlightBytes()) === 20);
      expect(await ask('POST', '/v1/events', 'secret', EVENT)).toMatchObject({ status: 202 });
    } finally {
      for (const socket of sockets) socket.destroy();
    }
    await eventually('the memory is back', async () => (await inFlightBytes()) === 0);
  });

  it('is refused when too many bytes came already, and others go on', async () => {
    const small = await fixture.gateway({ TALLY_MAX_IN_FLIGHT_BYTES: String(8 << 20) });
    const socket = connect(small.port, '127.0.0.1');
    socket.write(announced(8 << 20) + ' '.repeat((8 << 20) - 100));
    await eventually('all but few bytes are taken', async () => {
      return (await inFlightBytes(small)) === (8 << 20) - 100;
    });
    const refused = await fetch(`${small.url}/v1/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: EVENT + ' '.repeat(100),
    });
    expect(refused.status).toBe(503);
    expect(await refused.json()).toMatchObject({ code: 'unavailable' });
    expect((await fetch(`${small.url}/v1/events`, POST)).status).toBe(202);
    socket.destroy();
    await eventually('the memory is back', async () => (await inFlightBytes(small)) === 0);
  }, 30_000);

  it.each(['127.0.0.1', '127.0.0.2'])(
    'of others is taken while %s fills the room over many connections',
    async (localAddress) => {
      const narrow = await fixture.gateway({ TALLY_MAX_IN_FLIGHT_BYTES: String(16 << 20) });
      const sockets = Array.from({ length: 11 }, () =>
        connect({ port: narrow.port, host: '127.0.0.1', localAddress }),
      );
      let answers = '';
      for (const socket of sockets) {
        socket.on('error', () => undefined).on('data', (bytes) => (answers += bytes.toString()));
        socket.write(announced(8 << 20));
      }
      try {
        // Of bodies of which two would fill the room but for 8 KiB, there are three, none whole.
        const large = (8 << 20) - 4096;
        for (const socket of sockets.slice(0, 3)) socket.write(' '.repeat(large));
        await eventually('one is refused', () => answers.includes('HTTP/1.1 503 '));
        expect(answers).toMatch(/retry-after: \d/i);
        for (const socket of sockets.slice(3)) socket.write(' '.repeat(1024));
        await eventually('whole large ones and all small ones are held', async () => {
          return (await inFlightBytes(narrow)) % large === 8 * 1024;
        });
        expect((await fetch(`${narrow.url}/v1/events`, POST)).status).toBe(202);
      } finally {
        for (const socket of sockets) socket.destroy();
      }
      await eventually('the memory is back', async () => (await inFlightBytes(narrow)) === 0);
    },
    30_000,
  );

  it.each([
    ['no key', announced(1000).replace('Authorization: Bearer secret\r\n', ''), 401],
    ['too long', announced(1_000_000_000), 413],
    ['no path', announced(1000).replace('/v1/events', '/v2/events'), 404],
    ['a chunk that makes it too long', `${chunked()}900000\r\n${' '.repeat(0x900000)}\r\n`, 413],
  ])(
    'that is refused (%s) and never ends is answered, and its connection destroyed soon',
    async (_, request, status) => {
      const socket = connect({ port: gateway.port, host: '127.0.0.1', allowHalfOpen: true });
      socket.on('error', () => undefined);
      const closed = new Promise<number>((resolve) => {
        socket.once('close', () => resolve(performance.now()));
      });
      socket.write(request);
      const answer = await new Promise<string>((resolve) => {
        socket.once('data', (bytes) => resolve(bytes.toString()));
      });
      const answeredAt = performance.now();
      expect(answer).toContain(`HTTP/1.1 ${status} `);
      // Ends by itself; this end stays open as long as the other.
      socket.once('end', () => socket.destroy());
      expect((await closed) - answeredAt).toBeLessThan(10_000);
    },
    20_000,
  );

  it('that is refused and ends leaves its connection usable', async () => {
    const request = `${announced(10).replace('secret', 'wrong')}${' '.repeat(10)}`;
    const answer = await exchange(
      gateway.port,
      `${request}GET /v1/event-types HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer secret\r\nConnection: close\r\n\r\n`,
    );
    expect(answer).toContain('HTTP/1.1 401 ');
    expect(answer).toContain('HTTP/1.1 200 ');
  });
});

describe('a gateway without keys', () => {
  it('is open, but nobody administers it', async () => {
    const open = await fixture.gateway();
    const types = await fetch(`${open.url}/v1/event-types`);
    expect(types.status).toBe(200);
    const put = await fetch(`${open.url}/v1/event-types/view`, { method: 'PUT', body: '{}' });
    expect(put.status).toBe(403);
    expect(await put.json()).toMatchObject({
      code: 'permission_denied',
      detail: expect.stringContaining('TALLY_ADMIN_KEY'),
    });
  });
});
