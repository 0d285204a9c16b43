import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startZooKeeper, type ZooKeeperServer } from '@tally/testing';
import { LogNode, type LogNodeOptions } from '@tally/tools';
import { Random } from '../traffic/random.js';
import { LogWriters } from './log-writers.js';

/** Something that goes wrong with the log alone; clients write to it all the while. */
export interface LogFault {
  readonly name: string;
  /** What happens and what must not come of it, in one sentence. */
  readonly story: string;
  /** What this machine lacks to do it; undefined: nothing. */
  readonly lacks: () => string | undefined;
  /** Does it and checks what clients were told. Returns what shows that it bit. */
  inflict(trial: LogTrial): Promise<string>;
  readonly controls: readonly LogControl[];
}

/** A protection that is taken away: the fault must be noticed then. */
export interface LogControl {
  readonly name: string;
  /** As it stands in the bundle, once. */
  readonly protection: RegExp;
  readonly instead: string;
  /** How the trial must fail. */
  readonly failure: RegExp;
}

/** One fault, done once to a log of its own. */
export class LogTrial {
  readonly random: Random;
  readonly writers: LogWriters;
  readonly dir = mkdtempSync(join(tmpdir(), 'tally-log-fault-'));
  private zookeeper: ZooKeeperServer | undefined;
  private readonly running: LogNode[] = [];
  private readonly cleanups: (() => void)[] = [];

  constructor(
    seed: number,
    /** Runs instead of the bundle of partition-log. */
    private readonly bundle?: string,
  ) {
    this.random = new Random(seed);
    this.writers = new LogWriters(seed);
  }

  /** Starts the log in a folder, for the first time or again. */
  async startLog(folder: string, env?: Readonly<Record<string, string>>): Promise<LogNode> {
    await this.killLogs();
    return this.startBeside(folder, { env });
  }

  /** Starts a log and leaves alone those that run; \`under\`: a program that becomes Node. */
  async startBeside(
    folder: string,
    { env, under }: Pick<LogNodeOptions, 'env' | 'under'>,
  ): Promise<LogNode> {
    this.zookeeper ??= await startZooKeeper({ dir: join(this.dir, 'zookeeper') });
    const node = await LogNode.start({
      folder: join(folder, 'log'),
      logFile: join(this.dir, 'partition-log.log'),
      zookeeper: this.zookeeper.connectString,
      bundle: this.bundle,
      env,
      under,
    });
    this.running.push(node);
    return node;
  }

  private async killLogs(): Promise<void> {
    for (const node of this.running.splice(0)) await node.process.kill();
  }

  /** Done at the end, whatever happened, when nothing runs any more. */
  atEnd(cleanup: () => void): void {
    this.cleanups.push(cleanup);
  }

  async run(fault: LogFault): Promise<string> {
    try {
      const evidence = await fault.inflict(this);
      return `${this.writers.acknowledged.length} records acknowledged; ${evidence}`;
    } finally {
      await this.writers.stop();
      await this.killLogs();
      await this.zookeeper?.process.stop();
      for (const cleanup of this.cleanups) cleanup();
      rmSync(this.dir, { recursive: true, force: true });
    }
  }
}
