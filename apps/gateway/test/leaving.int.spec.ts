import { once } from 'node:events';
import { Agent, get } from 'node:http';
import { connect, createServer, type AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@tally/testing';
import { exchange } from './support/exchange.js';
import { GatewayFixture, type RunningGateway } from './support/gateway-fixture.js';

const fixture = new GatewayFixture();
beforeAll(() => fixture.start(), 60_000);
afterAll(() => fixture.stop(), 30_000);

/** Gives each new connection to the port that is set, as a Service does; old ones stay where they are. */
async function startBalancer(first: number) {
  let target = first;
  const server = createServer((client) => {
    const behind = connect(target, '127.0.0.1');
    client.on('error', () => behind.destroy()).on('close', () => behind.destroy());
    behind.on('error', () => client.destroy()).on('close', () => client.destroy());
    client.pipe(behind).pipe(client);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    giveTo: (port: number) => void (target = port),
    stop: () => void server.close(),
  };
}

/** One request over a connection that is kept; how it ended. */
function ask(port: number, agent: Agent): Promise<string> {
  return new Promise((resolve) => {
    const request = get({ port, host: '127.0.0.1', path: '/v1/event-types', agent }, (answer) => {
      answer.on('end', () => resolve(String(answer.statusCode))).resume();
      answer.on('error', (error) => resolve(error.message));
    });
    request.on('error', (error) => resolve(error.message));
  });
}

/** Four callers that ask without a pause while the gateway is restarted three times: how often what happened. */
async function restarts(weaken?: Parameters<GatewayFixture['gateway']>[1]) {
  const settings = { TALLY_DRAIN_DELAY_MS: '300' };
  let gateway: RunningGateway = await fixture.gateway(settings, weaken);
  const balancer = await startBalancer(gateway.port);
  const ends = new Map<string, number>();
  let isOver = false;
  const callers = Array.from({ length: 4 }, async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    while (!isOver) {
      const end = await ask(balancer.port, agent);
      ends.set(end, (ends.get(end) ?? 0) + 1);
    }
    agent.destroy();
  });
  for (let restart = 0; restart < 3; restart++) {
    const successor = await fixture.gateway(settings, weaken);
    balancer.giveTo(successor.port);
    expect(await gateway.stop()).toBe('drained');
    gateway = successor;
  }
  isOver = true;
  await Promise.all(callers);
  balancer.stop();
  return ends;
}

describe('a gateway that goes away', () => {
  it('fails no request of callers that keep their connections, restarted three times', async () => {
    const ends = await restarts();
    expect([...ends.keys()]).toEqual(['200']);
  }, 60_000);

  it('control: fails some where its answers do not say that their connection ends', async () => {
    const ends = await restarts((adapter) => void (adapter.leave = () => undefined));
    expect(ends.size).toBeGreaterThan(1);
  }, 60_000);

  it('serves new connections during the delay, and each answer says that it is the last', async () => {
    const gateway = await fixture.gateway({ TALLY_DRAIN_DELAY_MS: '2000' });
    const stopped = gateway.stop();
    // Its connection ends without being asked to.
    const text = await exchange(
      gateway.port,
      'GET /v1/event-types HTTP/1.1\r\nHost: localhost\r\n\r\n',
    );
    expect(text).toContain('HTTP/1.1 200 ');
    expect(text.toLowerCase()).toContain('connection: close');
    expect(await stopped).toBe('drained');
  }, 20_000);

  it('does not wait for connections on which nothing is asked', async () => {
    const gateway = await fixture.gateway();
    const silent = connect(gateway.port, '127.0.0.1');
    const halfHead = connect(gateway.port, '127.0.0.1');
    for (const socket of [silent, halfHead]) socket.on('error', () => undefined).resume();
    await Promise.all([once(silent, 'connect'), once(halfHead, 'connect')]);
    halfHead.write('GET / HTTP/1.1\r\n');
    // Whoever is answered came after them.
    expect((await fetch(`${gateway.url}/openapi.json`)).status).toBe(200);
    expect(await gateway.stop()).toBe('drained');
    await eventually('both are closed', async () => silent.closed && halfHead.closed);
  }, 20_000);
});
