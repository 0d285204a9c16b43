import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '@tally/testing';
import { GatewayFixture, type RunningGateway } from './support/gateway-fixture.js';

const fixture = new GatewayFixture();
let gateway: RunningGateway;
beforeAll(async () => {
  await fixture.start();
  gateway = await fixture.gateway();
}, 60_000);
afterAll(() => fixture.stop(), 30_000);
beforeEach(() => fixture.reset());

/** An hour ahead of true time: what the log says is believed, not the clock of the machine. */
const AHEAD_MS = 3_600_000;
const logTimeMs = () => String(Date.now() + AHEAD_MS);

const post = (id: string) =>
  fetch(`${gateway.url}/v1/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ id, type: 'view', subject: 's' }),
  });

const lastArrival = () => Number(fixture.appends.at(-1)?.arrivedMs);

/** A client of its own thread: sends one request on a new connection, told how far it is. */
const CLIENT = `
  const { connect } = require('node:net');
  const { parentPort, workerData } = require('node:worker_threads');
  const { port, sent, request } = workerData;
  parentPort.postMessage('ready');
  Atomics.wait(new Int32Array(sent), 0, 0);
  const socket = connect(port, '127.0.0.1', () => socket.write(request, () => {
    Atomics.store(new Int32Array(sent), 1, 1);
    Atomics.notify(new Int32Array(sent), 1);
  }));
`;

describe('events', () => {
  it('say when they arrived, in the clock of the log as its answers show it', async () => {
    fixture.onAppend = async () => ({ logTimeMs: logTimeMs() });
    expect((await post('a')).status).toBe(202);
    expect((await post('b')).status).toBe(202);
    const offMs = Number(logTimeMs()) - lastArrival();
    expect(offMs).toBeGreaterThanOrEqual(0);
    expect(offMs).toBeLessThan(30_000);
  });

  it('that say no time are of when they came, in that clock too', async () => {
    fixture.onAppend = async () => ({ logTimeMs: logTimeMs() });
    expect((await post('a')).status).toBe(202);
    expect((await post('b')).status).toBe(202);
    const event = fixture.events.at(-1);
    expect(event?.id).toBe('b');
    expect(event?.time).toBeGreaterThanOrEqual(lastArrival());
    expect(event?.time).toBeLessThanOrEqual(Number(logTimeMs()));
  });

  it('that the log could not take in time are refused for now, and a wrong clock is right after that', async () => {
    fixture.onAppend = async () => ({ logTimeMs: String(Date.now()), expired: true });
    const refused = await post('c');
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).not.toBeNull();
    fixture.onAppend = async () => ({ logTimeMs: String(Date.now()) });
    expect((await post('c')).status).toBe(202);
    expect(Math.abs(Date.now() - lastArrival())).toBeLessThan(30_000);
  });

  it('that came while the process stood still are as old as that', async () => {
    // What is believed of the log's clock is this one by now.
    fixture.onAppend = async () => ({ logTimeMs: String(Date.now()) });
    expect((await post('d')).status).toBe(202);
    const shared = new SharedArrayBuffer(8);
    const flags = new Int32Array(shared);
    const body = JSON.stringify({ id: 'e', type: 'view', subject: 's' });
    const request =
      'POST /v1/events HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n' +
      `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
    const workerData = { port: gateway.port, sent: shared, request };
    const client = new Worker(CLIENT, { eval: true, workerData });
    try {
      await once(client, 'message');
      const stoppedAt = Date.now();
      Atomics.store(flags, 0, 1);
      Atomics.notify(flags, 0);
      // The kernel takes the connection and its bytes; nobody here looks.
      Atomics.wait(flags, 1, 0, 10_000);
      Atomics.wait(flags, 0, 1, 2000);
      const before = fixture.appends.length;
      await eventually('it is read', () => fixture.appends.length > before);
      expect(lastArrival()).toBeLessThan(stoppedAt + 100);
      expect(Date.now() - lastArrival()).toBeGreaterThan(1500);
    } finally {
      await client.terminate();
    }
  });
});
