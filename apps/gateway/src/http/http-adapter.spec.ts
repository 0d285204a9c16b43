import { once } from 'node:events';
import { connect, type AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@tally/testing';
import type { FastifyInstance } from 'fastify';
import { createHttpAdapter } from './http-adapter.js';

const fastify = createHttpAdapter({
  requestTimeoutMs: 30_000,
  writeTimeoutMs: 15_000,
  apiKey: '',
  allowedHosts: '',
  maxConnections: 10,
  maxConnectionsPerAddress: 10,
}).getInstance<FastifyInstance>();
const { server } = fastify;
beforeAll(() => fastify.listen({ port: 0, host: '127.0.0.1' }));
afterAll(() => fastify.close());

function connections(): Promise<number> {
  return new Promise((resolve, reject) => {
    server.getConnections((error, count) => (error === null ? resolve(count) : reject(error)));
  });
}

describe('a connection that is refused', () => {
  it('is answered and destroyed, also when its caller keeps its half open and sends nothing', async () => {
    const { port } = server.address() as AddressInfo;
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    let answer = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => (answer += chunk));
    socket.write('hello\r\n\r\n');
    await once(socket, 'end');
    try {
      expect(answer).toContain('HTTP/1.1 400 ');
      await eventually('it is gone', async () => (await connections()) === 0, {
        timeoutMs: 10_000,
      });
    } finally {
      socket.destroy();
    }
  }, 20_000);
});
