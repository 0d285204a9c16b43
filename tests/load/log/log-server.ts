import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startZooKeeper } from '@tally/testing';
import { LogNode } from '@tally/tools';

/** A log that runs for one measurement. */
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
  const zookeeper = await startZooKeeper({ dir: join(dir, 'zookeeper') });
  const clean = async () => {
    await zookeeper.process.stop();
    rmSync(dir, { recursive: true, force: true });
  };
  try {
    const node = await LogNode.start({
      folder: join(dir, 'log'),
      logFile: join(dir, 'partition-log.log'),
      zookeeper: zookeeper.connectString,
      nodeArgs: profileDir === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileDir}`],
      under: core === undefined ? [] : ['taskset', '--cpu-list', core],
    });
    return {
      port: node.port,
      // taskset becomes what it starts.
      pid: node.process.pid ?? 0,
      syncs: () => node.metric('tally_log_sync_seconds_count'),
      stop: async () => {
        await node.process.stop();
        await clean();
      },
    };
  } catch (error) {
    await clean();
    throw error;
  }
}
