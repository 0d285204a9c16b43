import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, ServerProcess, startZooKeeper, type ZooKeeperServer } from '@tally/testing';
import kafkajs, { type Kafka, type KafkaConfig, type SASLOptions } from 'kafkajs';

const app = join(import.meta.dirname, '../..');
const tsc = join(app, '../../node_modules/typescript7/bin/tsc');

/** The service as a process of its own, compiled, with a ZooKeeper and a folder that outlives it. */
export class LogProcess {
  readonly dir = mkdtempSync(join(tmpdir(), 'tally-partition-log-'));
  private zookeeper: ZooKeeperServer;
  private server: ServerProcess;
  port = 0;
  private adminPort = 0;
  private isOver = false;

  /** `env`: settings other than the defaults. */
  constructor(private readonly env: Readonly<Record<string, string>> = {}) {}

  async start(): Promise<this> {
    execFileSync(process.execPath, [tsc, '-b', app]);
    this.zookeeper = await startZooKeeper({ dir: join(this.dir, 'zookeeper') });
    this.port = await freePort();
    this.adminPort = await freePort(new Set([this.port]));
    this.server = new ServerProcess({
      name: 'partition-log',
      command: process.execPath,
      args: ['--enable-source-maps', join(app, 'dist/main.js')],
      env: {
        ...process.env,
        TALLY_ADMIN_PORT: String(this.adminPort),
        TALLY_ZOOKEEPER: this.zookeeper.connectString,
        TALLY_LOG_DIR: this.logDir,
        TALLY_KAFKA_PORT: String(this.port),
        ...this.env,
      },
      logFile: join(this.dir, 'partition-log.log'),
      ready: async () => (await fetch(`${this.admin}/health/ready`)).ok,
    });
    await this.server.start();
    return this;
  }

  get logDir(): string {
    return join(this.dir, 'log');
  }

  get admin(): string {
    return `http://127.0.0.1:${this.adminPort}`;
  }

  get running(): boolean {
    return this.server.running;
  }

  /** How the process ended, in words. */
  get exit(): string | undefined {
    return this.server.exit;
  }

  /** SIGKILL: no goodbye. */
  kill(): Promise<void> {
    return this.server.kill();
  }

  /** SIGTERM, and waits until it is gone. */
  end(): Promise<void> {
    return this.server.stop();
  }

  async restart(): Promise<void> {
    await this.server.stop();
    await this.server.start();
  }

  /** The value of a metric with these labels, as Prometheus sees it; 0 when it is not there. */
  async metric(sample: string): Promise<number> {
    const text = await (await fetch(`${this.admin}/metrics`)).text();
    const line = text.split('\n').find((candidate) => candidate.startsWith(`${sample} `));
    return Number(line?.slice(sample.length + 1) ?? 0);
  }

  /** Its clients give up once `stop` was called. */
  client(
    options: {
      readonly clientId?: string;
      readonly retries?: number;
      readonly sasl?: SASLOptions;
      readonly ssl?: KafkaConfig['ssl'];
    } = {},
  ): Kafka {
    const { clientId = 'test', retries = 8, sasl, ssl } = options;
    return new kafkajs.Kafka({
      clientId,
      brokers: [`127.0.0.1:${this.port}`],
      logLevel: kafkajs.logLevel.NOTHING,
      ...(sasl === undefined ? {} : { sasl }),
      ...(ssl === undefined ? {} : { ssl }),
      retry: {
        initialRetryTime: 50,
        maxRetryTime: 500,
        retries,
        // A consumer that crashes while it is being disconnected starts again afterwards, and would
        // look for its log for ever.
        restartOnFailure: async () => !this.isOver,
      },
    });
  }

  async stop(): Promise<void> {
    this.isOver = true;
    await this.server?.stop();
    await this.zookeeper?.process.stop();
    rmSync(this.dir, { recursive: true, force: true });
  }
}
