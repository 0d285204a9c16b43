import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { claimPort } from './ports.js';
import { ServerProcess, type StartOptions } from './server-process.js';

/** Debian ships one binary under several names; redis-tools has it without a system service. */
const BINARIES = ['/usr/bin/redis-server', '/usr/bin/redis-check-rdb'];

/** How a Redis is started. */
export interface RedisOptions extends StartOptions {
  /** Its one line, without blanks, is what clients have to say; undefined: everybody may ask. */
  readonly passwordFile?: string | undefined;
}

/** A Redis that answers. */
export interface RedisServer {
  readonly process: ServerProcess;
  readonly port: number;
  /** With the password, where there is one. */
  readonly url: string;
}

/** Redis on loopback with an append-only file below `dir`. */
export async function startRedis(options: RedisOptions): Promise<RedisServer> {
  const binary = BINARIES.find((file) => existsSync(file));
  if (binary === undefined) {
    throw new Error(`Redis is missing: expected ${BINARIES[1]} (Debian package redis-tools)`);
  }
  const port = await claimPort(options.port);
  mkdirSync(options.dir, { recursive: true });
  const password = options.passwordFile && readFileSync(options.passwordFile, 'utf8').trim();
  // Not an argument, which everybody on the machine may read.
  const config = join(options.dir, 'redis.conf');
  writeFileSync(config, password ? `requirepass ${password}\n` : '', { mode: 0o600 });
  const process = new ServerProcess({
    name: 'Redis',
    command: binary,
    argv0: 'redis-server',
    args: [
      config,
      ...['--port', String(port), '--bind', '127.0.0.1', '--dir', options.dir],
      ...['--save', '', '--appendonly', 'yes'],
    ],
    logFile: options.logFile ?? join(options.dir, 'redis.log'),
    ready: async () => (await ping(port, password)).endsWith('+PONG\r\n'),
  });
  options.onProcess?.(process);
  await process.start();
  return { process, port, url: `redis://${password ? `:${password}@` : ''}127.0.0.1:${port}` };
}

function ping(port: number, password: string | undefined): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ host: '127.0.0.1', port, timeout: 2000 });
    socket.setEncoding('utf8');
    socket.on('connect', () => socket.write(`${password ? `AUTH ${password}\r\n` : ''}PING\r\n`));
    let said = '';
    socket.on('data', (chunk: string) => {
      said += chunk;
      if (said.split('\r\n').length <= (password ? 2 : 1)) return;
      resolve(said);
      socket.destroy();
    });
    socket.on('timeout', () => socket.destroy(new Error('no answer within 2000 ms')));
    socket.on('error', reject);
  });
}
