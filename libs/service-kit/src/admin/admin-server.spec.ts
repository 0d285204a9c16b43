import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@tally/testing';
import { Registry } from 'prom-client';
import { HealthChecks } from '../health/health-checks.js';
import { AdminServer } from './admin-server.js';

const REFUSED = 'tally_admin_refused_connections_total';
const registry = new Registry();
let admin: AdminServer;
beforeAll(async () => {
  const parts = { health: new HealthChecks(), registry };
  admin = await AdminServer.listen({ host: '127.0.0.1', port: 0, ...parts });
});
afterAll(() => admin.close());

const statusOf = async (path: string, method = 'GET') =>
  (await fetch(`http://127.0.0.1:${admin.port}${path}`, { method })).status;

describe('an admin port, which asks nobody who he is', () => {
  it('shows health and metrics', async () => {
    expect(await statusOf('/health/live')).toBe(200);
    expect(await statusOf('/health/ready')).toBe(503);
    expect(await statusOf('/metrics')).toBe(200);
  });

  it.each(['/', '/health', '/admin', '/queues', '/docs', '/debug/pprof', '/config', '/v1/losses'])(
    'has nothing at %s',
    async (path) => expect(await statusOf(path)).toBe(404),
  );

  it.each(['POST', 'PUT', 'PATCH', 'DELETE'])('changes nothing with %s', async (method) => {
    expect(await statusOf('/metrics', method)).toBe(405);
  });

  it('closes connections that are too many, and those that stay silent soon', async () => {
    let ended = 0;
    // They say nothing, and keep their half open.
    const sockets = ['127.0.0.2', '127.0.0.3', '127.0.0.4'].flatMap((localAddress) =>
      Array.from({ length: 150 }, () =>
        connect({ port: admin.port, host: '127.0.0.1', localAddress, allowHalfOpen: true }),
      ),
    );
    for (const socket of sockets)
      socket
        .on('error', () => undefined)
        .on('end', () => ended++)
        .resume();
    const counted = async (reason: string) => {
      const { values = [] } = (await registry.getSingleMetric(REFUSED)?.get()) ?? {};
      return values.find(({ labels }) => labels['reason'] === reason)?.value ?? 0;
    };
    try {
      await Promise.all(sockets.map((socket) => once(socket, 'connect')));
      await eventually('too many are closed', async () => ended >= 450 - 256);
      await eventually('all are closed', async () => ended === 450, { timeoutMs: 15_000 });
      const [ofAddress, ofAll] = [await counted('address'), await counted('all')];
      expect(ofAddress).toBeGreaterThanOrEqual(150 - 128);
      // Perhaps those of the tests above are there too.
      expect(ofAddress + ofAll).toBeGreaterThanOrEqual(450 - 256);
      expect((await fetch(`http://127.0.0.1:${admin.port}/health/live`)).status).toBe(200);
    } finally {
      for (const socket of sockets) socket.destroy();
    }
  }, 20_000);
});
