import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@tally/testing';
import { Registry } from 'prom-client';
import { HealthChecks } from '../health/health-checks.js';
import { AdminServer } from './admin-server.js';

let admin: AdminServer;
beforeAll(async () => {
  const parts = { health: new HealthChecks(), registry: new Registry() };
  admin = await AdminServer.listen({ host: '127.0.0.1', port: 0, ...parts });
});
afterAll(() => admin.close());

describe('the admin port', () => {
  it('closes connections that are too many, and those that stay silent soon', async () => {
    let ended = 0;
    // They say nothing, and keep their half open.
    const sockets = Array.from({ length: 300 }, () =>
      connect({ port: admin.port, host: '127.0.0.1', allowHalfOpen: true }),
    );
    for (const socket of sockets)
      socket
        .on('error', () => undefined)
        .on('end', () => ended++)
        .resume();
    try {
      await Promise.all(sockets.map((socket) => once(socket, 'connect')));
      await eventually('too many are closed', async () => ended === 300 - 256);
      await eventually('all are closed', async () => ended === 300, { timeoutMs: 15_000 });
      expect((await fetch(`http://127.0.0.1:${admin.port}/health/live`)).status).toBe(200);
    } finally {
      for (const socket of sockets) socket.destroy();
    }
  }, 20_000);
});
