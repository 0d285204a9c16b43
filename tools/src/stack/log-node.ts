import { join } from 'node:path';
import { freePort, ServerProcess } from '@tally/testing';
import { ROOT } from './root.js';

/** How a log is started. */
export interface LogNodeOptions {
  /** Where the log lies. */
  readonly folder: string;
  readonly logFile: string;
  /** Where ZooKeeper answers. */
  readonly zookeeper: string;
  /** Runs instead of the bundle of partition-log. */
  readonly bundle?: string | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly nodeArgs?: readonly string[];
  /** A program that becomes Node, with its options. */
  readonly under?: readonly string[] | undefined;
}

/** One partition-log, bundled as it is shipped, and nothing of Tally beside it. */
export class LogNode {
  private constructor(
    readonly process: ServerProcess,
    /** Of the Kafka protocol. */
    readonly port: number,
    readonly admin: string,
  ) {}

  /** Resolves when it is ready. */
  static async start(options: LogNodeOptions): Promise<LogNode> {
    const { folder, logFile, zookeeper, env, nodeArgs = [], under = [] } = options;
    const bundle = options.bundle ?? join(ROOT, 'apps/partition-log/bundle');
    const port = await freePort();
    const adminPort = await freePort();
    const admin = `http://127.0.0.1:${adminPort}`;
    const [command, ...args] = [
      ...under,
      process.execPath,
      ...nodeArgs,
      '--import',
      join(bundle, 'otel.mjs'),
      join(bundle, 'main.js'),
    ];
    const server = new ServerProcess({
      name: 'partition-log',
      command,
      args,
      cwd: bundle,
      logFile,
      env: {
        ...process.env,
        TALLY_ADMIN_PORT: String(adminPort),
        TALLY_ZOOKEEPER: zookeeper,
        TALLY_LOG_DIR: folder,
        TALLY_KAFKA_PORT: String(port),
        ...env,
      },
      ready: async () => (await fetch(`${admin}/health/ready`)).ok,
    });
    await server.start();
    return new LogNode(server, port, admin);
  }

  /** The value of a metric without labels, as Prometheus sees it; 0 when it is not there. */
  async metric(name: string): Promise<number> {
    const text = await (await fetch(`${this.admin}/metrics`)).text();
    const line = text.split('\n').find((candidate) => candidate.startsWith(`${name} `));
    return Number(line?.slice(name.length + 1) ?? 0);
  }
}
