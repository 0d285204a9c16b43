import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { eventually } from '../eventually.js';
import { endWithParent } from './end-with-parent.js';
import { withoutOurFiles } from './without-our-files.js';

/** What runs, how it is known to answer, and how it is stopped. */
export interface ServerProcessOptions {
  /** What messages call it. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** argv[0] that the program sees; some programs choose their role by it. */
  readonly argv0?: string;
  /** Standard output and error are appended here. */
  readonly logFile: string;
  /** Asked again and again until it returns true; may throw while the server is not up. */
  readonly ready: () => Promise<boolean>;
  readonly readyTimeoutMs?: number;
  /** Time between two questions, in ms. Default 20: one process is watched, and soon answers. */
  readonly readyIntervalMs?: number;
  /** The signal of an orderly stop. */
  readonly stopSignal?: NodeJS.Signals;
  readonly stopTimeoutMs?: number;
}

/** What every server of this library can be started with. */
export interface StartOptions {
  /** Holds its data. */
  readonly dir: string;
  /** Any free one when absent. */
  readonly port?: number;
  readonly logFile?: string;
  /** Told of the process before it is spawned. */
  readonly onProcess?: (process: ServerProcess) => void;
}

/**
 * One operating-system process that serves on loopback: started, watched until it answers,
 * stopped in an orderly way and, past its time, by force. It never outlives the process that
 * started it.
 */
export class ServerProcess {
  /** Told of every new process id. */
  onSpawn: (pid: number) => void = () => undefined;
  private child: ChildProcess | undefined;
  private ended: Promise<void> = Promise.resolve();

  constructor(readonly options: ServerProcessOptions) {}

  /** Resolves once the server answers; rejects with the end of its log when it ends before. */
  async start(): Promise<this> {
    const { name, ready, readyTimeoutMs = 60_000, readyIntervalMs = 20 } = this.options;
    this.spawn();
    const exited = new AbortController();
    void this.ended.then(() => exited.abort());
    try {
      await eventually(`${name} answers`, () => ready().catch(() => false), {
        timeoutMs: readyTimeoutMs,
        intervalMs: readyIntervalMs,
        signal: exited.signal,
      });
    } catch (error) {
      const reason = exited.signal.aborted ? `${name} ended while starting` : String(error);
      await this.stop();
      throw new Error(`${reason}; its log ends with: ${this.logTail()}`, { cause: error });
    }
    return this;
  }

  /** Starts the process and does not wait for it to answer. `more`: environment for this time alone. */
  spawn(more: NodeJS.ProcessEnv = {}): void {
    const { name, command, args, logFile } = this.options;
    if (this.running) throw new Error(`${name} runs already`);
    mkdirSync(dirname(logFile), { recursive: true });
    const log = openSync(logFile, 'a');
    const { env, cwd, argv0 } = this.options;
    const child = spawn(...withoutOurFiles(command, args, argv0), {
      stdio: ['ignore', log, log],
      env: { ...(env ?? process.env), ...more },
      ...(cwd === undefined ? {} : { cwd }),
      // Ctrl-C in the terminal reaches the parent alone, which then stops its servers in order.
      detached: true,
    });
    closeSync(log);
    endWithParent(child);
    this.child = child;
    if (child.pid !== undefined) this.onSpawn(child.pid);
    this.ended = new Promise((resolve) => {
      child.once('exit', () => resolve());
      child.once('error', () => resolve());
    });
  }

  get running(): boolean {
    const child = this.child;
    return child?.pid !== undefined && child.exitCode === null && child.signalCode === null;
  }

  get pid(): number | undefined {
    return this.child?.pid;
  }

  /** How it ended, in words; undefined while it runs. */
  get exit(): string | undefined {
    if (this.child === undefined || this.running) return undefined;
    return this.child.signalCode ?? `exit code ${this.child.exitCode ?? 'unknown'}`;
  }

  /** Resolves when the process is gone, however it ended. */
  whenEnded(): Promise<void> {
    return this.ended;
  }

  signal(signal: NodeJS.Signals): void {
    if (this.running) this.child?.kill(signal);
  }

  /** SIGKILL, and waits until the process is gone. */
  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.ended;
  }

  /** Orderly stop; SIGKILL after `stopTimeoutMs`. */
  async stop(): Promise<void> {
    const { stopSignal = 'SIGTERM', stopTimeoutMs = 20_000 } = this.options;
    this.signal(stopSignal);
    const force = setTimeout(() => this.signal('SIGKILL'), stopTimeoutMs);
    await this.ended;
    clearTimeout(force);
  }

  logTail(lines = 5): string {
    try {
      const text = readFileSync(this.options.logFile, 'utf8').trimEnd();
      return text.split('\n').slice(-lines).join('\n');
    } catch {
      return '(no log)';
    }
  }
}
