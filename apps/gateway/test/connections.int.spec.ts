import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@tally/testing';
import { exchange } from './support/exchange.js';
import { GatewayFixture, type RunningGateway } from './support/gateway-fixture.js';

const fixture = new GatewayFixture();
beforeAll(() => fixture.start(), 60_000);
afterAll(() => fixture.stop(), 30_000);

async function refused(gateway: RunningGateway, reason: string): Promise<number> {
  const metrics = await (await fetch(`${gateway.adminUrl}/metrics`)).text();
  const line = new RegExp(`refused_connections_total\\{reason="${reason}"\\} (\\d+)`);
  return Number(line.exec(metrics)?.[1] ?? 0);
}

/** Opens so many silent connections, each from its own address of this machine or all from one. */
async function open(gateway: RunningGateway, addresses: readonly string[]): Promise<Socket[]> {
  const sockets = addresses.map((localAddress) =>
    connect({ port: gateway.port, host: '127.0.0.1', localAddress }),
  );
  for (const socket of sockets) socket.on('error', () => undefined).resume();
  await Promise.all(sockets.map((socket) => once(socket, 'connect')));
  return sockets;
}

const closed = (sockets: readonly Socket[]) => sockets.filter((socket) => socket.closed).length;

describe('connections', () => {
  it('from one address are bounded, and those from another are served', async () => {
    const gateway = await fixture.gateway({ TALLY_MAX_CONNECTIONS_PER_ADDRESS: '20' });
    const sockets = await open(gateway, Array<string>(30).fill('127.0.0.2'));
    await eventually('ten are closed', async () => closed(sockets) === 10);
    expect(await refused(gateway, 'address')).toBe(10);
    expect((await fetch(`${gateway.url}/openapi.json`)).status).toBe(200);
    for (const socket of sockets) socket.destroy();
  }, 20_000);

  it('are bounded altogether, and have room again when some are closed', async () => {
    const gateway = await fixture.gateway({ TALLY_MAX_CONNECTIONS: '20' });
    const addresses = Array.from({ length: 30 }, (_, number) => `127.0.0.${number + 2}`);
    const sockets = await open(gateway, addresses);
    await eventually('ten are closed', async () => closed(sockets) === 10);
    expect(await refused(gateway, 'all')).toBe(10);
    for (const socket of sockets) socket.destroy();
    await eventually('others are served', async () => {
      const answer = await fetch(`${gateway.url}/openapi.json`).catch(() => undefined);
      return answer?.status === 200;
    });
  }, 20_000);

  it('of who sends many requests behind each other and reads nothing end, and the others are answered', async () => {
    const gateway = await fixture.gateway();
    const request = 'GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n';
    const text = await exchange(gateway.port, request.repeat(1000));
    const statuses = [...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status);
    expect(statuses).toEqual([...Array<string>(32).fill('404'), '503']);
    expect(text).toContain('at most 32 requests before their answers are read');
    expect(await refused(gateway, 'unread')).toBe(1);
    // As many as are usual are answered, in their order, and the connection stays.
    const few = request.repeat(31) + request.replace('localhost', 'localhost\r\nConnection: close');
    const answered = await exchange(gateway.port, few);
    expect(answered.match(/HTTP\/1\.1 404/g)).toHaveLength(32);
  }, 20_000);

  it('of who sends many requests behind each other wait, and others are answered meanwhile', async () => {
    const gateway = await fixture.gateway();
    const last = 'GET /nothing HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n';
    const requests = last.replace('Connection: close\r\n', '').repeat(31) + last;
    const answers: string[] = [];
    let told = false;
    // Each asks again until somebody was told, however fast this machine is.
    const askers = Array.from({ length: 200 }, async () => {
      do answers.push(await exchange(gateway.port, requests));
      while (!told);
    });
    await eventually('somebody else is told how many wait', async () => {
      const metrics = await (await fetch(`${gateway.adminUrl}/metrics`)).text();
      return Number(/requests_waiting_for_turn (\d+)/.exec(metrics)?.[1]) > 100;
    }).finally(() => (told = true));
    await Promise.all(askers);
    expect(answers.length).toBeGreaterThanOrEqual(200);
    for (const answer of answers) {
      const statuses = [...answer.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status);
      expect(statuses).toEqual(Array<string>(32).fill('404'));
    }
  }, 40_000);

  it.each([
    ['stay silent', ''],
    ['trickle a head', 'POST /v1/events HTTP/1.1\r\nHost: localhost\r\n'],
    [
      'trickle a body',
      'POST /v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n[',
    ],
  ])(
    'of 200 callers that %s and keep their half open leave no descriptor',
    async (_, bytes) => {
      const gateway = await fixture.gateway({ TALLY_REQUEST_TIMEOUT_MS: '1000' });
      const descriptors = () => readdirSync('/proc/self/fd').length;
      const before = descriptors();
      const sockets = Array.from({ length: 200 }, () =>
        connect({ port: gateway.port, host: '127.0.0.1', allowHalfOpen: true }),
      );
      for (const socket of sockets) socket.on('error', () => undefined).resume();
      await Promise.all(sockets.map((socket) => once(socket, 'connect')));
      if (bytes !== '') for (const socket of sockets) socket.write(bytes);
      await eventually('all are accepted', async () => descriptors() >= before + 390);
      // The callers are in this process too, and keep their own.
      const own = () => sockets.length - closed(sockets);
      await eventually(
        'those of the gateway are back',
        async () => descriptors() <= before + own() + 5,
        { timeoutMs: 20_000 },
      );
      for (const socket of sockets) socket.destroy();
    },
    40_000,
  );
});
