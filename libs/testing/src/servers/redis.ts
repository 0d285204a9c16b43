import { existsSync, mkdirSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { claimPort } from './ports.js';
import { ServerProcess, type StartOptions } from './server-process.js';

/** Debian ships one binary under several names; redis-tools has it without a system service. */
const BINARIES = ['/usr/bin/redis-server', '/usr/bin/redis-check-rdb'];

/** A Redis that answers. */
export interface RedisServer {
  readonly process: ServerProcess;
  readonly port: number;
  readonly url: string;
}

/** Redis on loopback with an append-only file below `dir`. */
export async function startRedis(options: StartOptions): Promise<RedisServer> {
  const binary = BINARIES.find((file) => existsSync(file));
  if (binary === undefined) {
    throw new Error(`Redis is missing: expected ${BINARIES[1]} (Debian package redis-tools)`);
  }
  const port = await claimPort(options.port);
  mkdirSync(options.dir, { recursive: true });
  const process = new ServerProcess({
    name: 'Redis',
    command: binary,
    argv0: 'redis-server',
    args: [
      ...['--port', String(port), '--bind', '127.0.0.1', '--dir', options.dir],
      ...['--save', '', '--appendonly', 'yes'],
    ],
    logFile: options.logFile ?? join(options.dir, 'redis.log'),
    ready: async () => (await ping(port)).startsWith('+PONG'),
  });
  options.onProcess?.(process);
  await process.start();
  return { process, port, url: `redis://127.0.0.1:${port}` };
}

function ping(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ host: '127.0.0.1', port, timeout: 2000 });
    socket.setEncoding('utf8');
    socket.on('connect', () => socket.write('PING\r\n'));
    socket.on('data', (chunk: string) => {
      resolve(chunk);
      socket.destroy();
    });
    socket.on('timeout', () => socket.destroy(new Error('no answer within 2000 ms')));
    socket.on('error', reject);
  });
}
