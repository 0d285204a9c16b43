import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { answerIn, exchange } from './support/exchange.js';
import { GatewayFixture, type RunningGateway } from './support/gateway-fixture.js';

const fixture = new GatewayFixture();
let open: RunningGateway;
let named: RunningGateway;
let keyed: RunningGateway;
beforeAll(async () => {
  await fixture.start();
  open = await fixture.gateway();
  named = await fixture.gateway({ TALLY_ALLOWED_HOSTS: 'tally.example.org' });
  keyed = await fixture.gateway({ TALLY_API_KEY: 'secret' });
}, 60_000);
afterAll(() => fixture.stop(), 30_000);

const PATH = '/v1/event-types';
const KEY = 'Authorization: Bearer secret\r\n';

/** A request whose target and headers are these; the connection is closed after it. */
async function ask(at: RunningGateway, target: string, headers: string, version = '1.1') {
  const request = `GET ${target} HTTP/${version}\r\n${headers}Connection: close\r\n\r\n`;
  const { status, body } = answerIn(await exchange(at.port, request));
  return { status, answer: JSON.parse(body) as Record<string, unknown> };
}

describe('an open gateway', () => {
  it.each([
    ['localhost', PATH, 'Host: localhost\r\n'],
    ['an address with a port', PATH, 'host: 127.0.0.1:8080\r\n'],
    ['localhost in the target, whatever the header', `http://localhost:1${PATH}`, 'Host: evil\r\n'],
  ])('answers who asks for %s', async (_, target, headers) => {
    expect(await ask(open, target, headers)).toMatchObject({ status: 200 });
  });

  it.each([
    ['another name', PATH, 'Host: evil.example.org\r\n'],
    ['another name on its own port', PATH, 'Host: evil.example.org:8080\r\n'],
    ['a name as long as a head may be', PATH, `Host: ${'a.'.repeat(30_000)}\r\n`],
    ['another name in the target', `http://evil.example.org${PATH}`, 'Host: localhost\r\n'],
    ['no name', PATH, 'Host:\r\n'],
    ['a path that does not exist under another name', '/x', 'Host: evil.example.org\r\n'],
  ])('refuses who asks for %s, and says what to set', async (_, target, headers) => {
    const { status, answer } = await ask(open, target, headers);
    expect(answer).toMatchObject({ status: 421, code: 'permission_denied' });
    expect(status).toBe(421);
    expect(answer['detail']).toContain('TALLY_ALLOWED_HOSTS');
    expect(JSON.stringify(answer)).not.toContain('evil');
  });

  it('refuses HTTP/1.0 without a name', async () => {
    expect(await ask(open, PATH, '', '1.0')).toMatchObject({ status: 421 });
  });

  it.each([
    ['two names', PATH, 'Host: localhost\r\nHost: localhost\r\n'],
    [
      'a second name behind thousands of headers',
      PATH,
      `Host: localhost\r\n${'a:\r\n'.repeat(3000)}Host: evil\r\n`,
    ],
    ['no header', PATH, ''],
    ['a user', PATH, 'Host: user@localhost\r\n'],
    ['a user in the target', `http://user@localhost${PATH}`, 'Host: localhost\r\n'],
    ['an address with a zone', PATH, 'Host: [::1%25lo]\r\n'],
    ['a list', PATH, 'Host: localhost, localhost\r\n'],
  ])('refuses %s as malformed', async (_, target, headers) => {
    expect(await ask(open, target, headers)).toMatchObject({
      status: 400,
      answer: { status: 400, code: 'invalid_argument' },
    });
  });

  it('refuses another name before a body is read, and does nothing', async () => {
    const answer = await exchange(
      open.port,
      'POST /v1/events HTTP/1.1\r\nHost: evil.example.org\r\nContent-Type: application/json\r\n' +
        'Content-Length: 100000\r\n\r\n[{"id":"e-1","type":"view","subject":"s"}]',
    );
    expect(answerIn(answer).status).toBe(421);
    expect(fixture.appends).toEqual([]);
  });
});

/** An event as a browser sends it without asking first, from a page of this origin. */
async function sendFrom(at: RunningGateway, origin: string, headers = '') {
  const event = '{"id":"e-1","type":"view","subject":"s"}';
  const request =
    `POST /v1/events HTTP/1.1\r\nHost: localhost\r\nOrigin: ${origin}\r\n${headers}Content-Type: text/plain\r\n` +
    `Content-Length: ${event.length}\r\nConnection: close\r\n\r\n${event}`;
  return answerIn(await exchange(at.port, request));
}

describe('a web page', () => {
  it.each(['https://evil.example.org', 'http://evil.example.org:8080', 'null', 'localhost', 'x:y'])(
    'of another host (%s) does not write into an open gateway',
    async (origin) => {
      fixture.reset();
      const { status, body } = await sendFrom(open, origin);
      expect({ status, body: JSON.parse(body) as unknown }).toMatchObject({
        status: 403,
        body: { code: 'permission_denied', detail: expect.stringContaining('TALLY_ALLOWED_HOSTS') },
      });
      expect(fixture.appends).toEqual([]);
    },
  );

  it('of this machine, or of a host that is named, does', async () => {
    expect(await sendFrom(open, 'http://localhost:3000')).toMatchObject({ status: 202 });
    expect(await sendFrom(open, 'http://[::1]:3000')).toMatchObject({ status: 202 });
    expect(await sendFrom(named, 'https://tally.example.org')).toMatchObject({ status: 202 });
    expect(await sendFrom(named, 'https://evil.example.org')).toMatchObject({ status: 403 });
  });

  it('control: of another host does where all names are allowed', async () => {
    const all = await fixture.gateway({ TALLY_ALLOWED_HOSTS: '*' });
    expect(await sendFrom(all, 'https://evil.example.org')).toMatchObject({ status: 202 });
  });

  it('of any host does where it has the key, and else is asked for it', async () => {
    expect(await sendFrom(keyed, 'https://any.example.org', KEY)).toMatchObject({ status: 202 });
    expect(await sendFrom(keyed, 'https://any.example.org')).toMatchObject({ status: 401 });
  });
});

describe('names that are set', () => {
  it('are answered, and others are not', async () => {
    expect(await ask(named, PATH, 'Host: tally.example.org\r\n')).toMatchObject({ status: 200 });
    expect(await ask(named, PATH, 'Host: localhost\r\n')).toMatchObject({ status: 200 });
    expect(await ask(named, PATH, 'Host: evil.example.org\r\n')).toMatchObject({ status: 421 });
  });

  it('need not be where a key is asked for', async () => {
    const host = 'Host: gateway.tally.svc.cluster.local:8080\r\n';
    expect(await ask(keyed, PATH, host + KEY)).toMatchObject({ status: 200 });
    expect(await ask(keyed, PATH, host)).toMatchObject({ status: 401 });
    expect(await ask(keyed, PATH, KEY, '1.0')).toMatchObject({ status: 200 });
  });
});
