import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { freePort } from './ports.js';
import { ServerProcess, type StartOptions } from './server-process.js';

const root = join(import.meta.dirname, '../../../..');
const app = join(root, 'apps/partition-log');

/** A running partition-log. */
export interface PartitionLogServer {
  readonly process: ServerProcess;
  /** Of the Kafka protocol. */
  readonly port: number;
  /** The same as host:port. */
  readonly broker: string;
  /** Base URL of health and metrics. */
  readonly admin: string;
}

/** One partition-log of this clone as a process of its own, compiled first, its data below `dir`. */
export async function startPartitionLog(
  options: StartOptions & {
    /** host:port. */
    readonly zookeeper: string;
    /** Settings other than the defaults. */
    readonly env?: Readonly<Record<string, string>>;
  },
): Promise<PartitionLogServer> {
  execFileSync(process.execPath, [join(root, 'node_modules/typescript7/bin/tsc'), '-b', app]);
  const port = options.port ?? (await freePort());
  const adminPort = await freePort();
  const admin = `http://127.0.0.1:${adminPort}`;
  const server = new ServerProcess({
    name: 'partition-log',
    command: process.execPath,
    args: ['--enable-source-maps', join(app, 'dist/main.js')],
    env: {
      ...process.env,
      TALLY_ADMIN_PORT: String(adminPort),
      TALLY_ZOOKEEPER: options.zookeeper,
      TALLY_LOG_DIR: join(options.dir, 'log'),
      TALLY_KAFKA_PORT: String(port),
      ...options.env,
    },
    logFile: options.logFile ?? join(options.dir, 'partition-log.log'),
    ready: async () => (await fetch(`${admin}/health/ready`)).ok,
  });
  options.onProcess?.(server);
  await server.start();
  return { process: server, port, broker: `127.0.0.1:${port}`, admin };
}
