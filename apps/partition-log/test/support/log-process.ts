import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  startPartitionLog,
  startZooKeeper,
  type PartitionLogServer,
  type ZooKeeperServer,
} from '@tally/testing';
import kafkajs, { type Kafka, type KafkaConfig, type SASLOptions } from 'kafkajs';

/** The service as a process of its own, compiled, with a ZooKeeper and a folder that outlives it. */
export class LogProcess {
  readonly dir = mkdtempSync(join(tmpdir(), 'tally-partition-log-'));
  private zookeeper: ZooKeeperServer;
  private log: PartitionLogServer;
  private isOver = false;

  /** `env`: settings other than the defaults. */
  constructor(private readonly env: Readonly<Record<string, string>> = {}) {}

  async start(): Promise<this> {
    this.zookeeper = await startZooKeeper({ dir: join(this.dir, 'zookeeper') });
    this.log = await startPartitionLog({
      dir: this.dir,
      zookeeper: this.zookeeper.connectString,
      env: this.env,
    });
    return this;
  }

  get logDir(): string {
    return join(this.dir, 'log');
  }

  get admin(): string {
    return this.log.admin;
  }

  /** Of the Kafka protocol. */
  get port(): number {
    return this.log.port;
  }

  get pid(): number | undefined {
    return this.log.process.pid;
  }

  get running(): boolean {
    return this.log.process.running;
  }

  /** How the process ended, in words. */
  get exit(): string | undefined {
    return this.log.process.exit;
  }

  /** SIGKILL: no goodbye. */
  kill(): Promise<void> {
    return this.log.process.kill();
  }

  /** SIGTERM, and waits until it is gone. */
  end(): Promise<void> {
    return this.log.process.stop();
  }

  async restart(): Promise<void> {
    await this.log.process.stop();
    await this.log.process.start();
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
      /** How long before the end of its session it authenticates again. */
      readonly reauthenticationThreshold?: number;
    } = {},
  ): Kafka {
    const { clientId = 'test', retries = 8, sasl, ssl, reauthenticationThreshold } = options;
    return new kafkajs.Kafka({
      clientId,
      brokers: [`127.0.0.1:${this.port}`],
      logLevel: kafkajs.logLevel.NOTHING,
      ...(sasl === undefined ? {} : { sasl }),
      ...(ssl === undefined ? {} : { ssl }),
      ...(reauthenticationThreshold === undefined ? {} : { reauthenticationThreshold }),
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
    await this.log?.process.stop();
    await this.zookeeper?.process.stop();
    const said =
      this.log === undefined ? '' : readFileSync(this.log.process.options.logFile, 'utf8');
    rmSync(this.dir, { recursive: true, force: true });
    // Node says so once, and a log that runs for a month has no memory left.
    if (said.includes('MaxListenersExceededWarning'))
      throw new Error('the log leaves listeners behind: MaxListenersExceededWarning');
  }
}
