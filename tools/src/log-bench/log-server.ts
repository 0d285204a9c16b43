import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, ServerProcess, startZooKeeper } from '@tally/testing';

const ROOT = join(import.meta.dirname, '../../..');

export interface LogServer {
  readonly port: number;
  readonly pid: number;
  /** How often it has waited for the disk. */
  syncs(): Promise<number>;
  stop(): Promise<void>;
}

export interface LogServerOptions {
  /** The one core that it may use, as taskset names it; all of them when absent. */
  readonly core?: string;
  /** Where it leaves a CPU profile when it ends. */
  readonly profileDir?: string | undefined;
}

/** One bundled partition-log with a ZooKeeper and a folder of its own, gone when it stops. */
export async function startLogServer({ core, profileDir }: LogServerOptions): Promise<LogServer> {
  const dir = mkdtempSync(join(tmpdir(), 'tally-log-bench-'));
  const bundle = join(ROOT, 'apps/partition-log/bundle');
  const zookeeper = await startZooKeeper({ dir: join(dir, 'zookeeper') });
  const port = await freePort();
  const adminPort = await freePort(new Set([port]));
  const admin = `http://127.0.0.1:${adminPort}`;
  const command = [
    ...(core === undefined ? [] : ['taskset', '--cpu-list', core]),
    process.execPath,
    ...(profileDir === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileDir}`]),
    ...['--enable-source-maps', '--import', join(bundle, 'otel.mjs'), join(bundle, 'main.js')],
  ];
  const server = new ServerProcess({
    name: 'partition-log',
    command: command[0] ?? '',
    args: command.slice(1),
    cwd: bundle,
    env: {
      ...process.env,
      TALLY_ADMIN_PORT: String(adminPort),
      TALLY_ZOOKEEPER: zookeeper.connectString,
      TALLY_LOG_DIR: join(dir, 'log'),
      TALLY_KAFKA_PORT: String(port),
    },
    logFile: join(dir, 'partition-log.log'),
    ready: async () => (await fetch(`${admin}/health/ready`)).ok,
  });
  const stop = async () => {
    await server.stop();
    await zookeeper.process.stop();
    rmSync(dir, { recursive: true, force: true });
  };
  try {
    await server.start();
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    port,
    // taskset becomes what it starts.
    pid: server.pid ?? 0,
    syncs: async () => {
      const metrics = await (await fetch(`${admin}/metrics`)).text();
      return Number(/^tally_log_sync_seconds_count (\d+)$/m.exec(metrics)?.[1] ?? 0);
    },
    stop,
  };
}
