import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createConnection, createServer, type AddressInfo } from 'node:net';
import { expect, it } from '@jest/globals';
import { endWithParent } from '../../src/index.js';

// Run by exit-guard.int.spec.ts alone.
it('passes and leaves a process, a server, a connection and timer after timer', async () => {
  endWithParent(spawn('sleep', ['300'], { stdio: 'ignore', detached: true }));
  const again = () => void setTimeout(again, 100);
  again();
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const connection = createConnection((server.address() as AddressInfo).port, '127.0.0.1');
  await once(connection, 'connect');
  expect(connection.pending).toBe(false);
});
