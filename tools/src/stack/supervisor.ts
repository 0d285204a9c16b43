import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { ServerProcess } from '@tally/testing';

const FIRST_BACKOFF_MS = 100;
const LAST_BACKOFF_MS = 10_000;
/** A process that lived this long starts again with the first backoff. */
const STEADY_MS = 10_000;

/** How it is seen that a process that runs does not answer any more. */
export interface Liveness {
  /** Whether it answers; asked again when the last question was answered or failed. */
  readonly isAlive: () => Promise<boolean>;
  readonly everyMs: number;
  /** So many questions one after the other without an answer: it is killed. */
  readonly maxFailures: number;
}

/**
 * Keeps one process running: when it dies, or has answered and does not any more, it is started again,
 * later each time, and that is said.
 */
export class Supervisor {
  private readonly stopping = new AbortController();
  private watching: Promise<void> | undefined;
  /** Aborted when the process may run again; undefined while nothing keeps it down. */
  private down: AbortController | undefined;
  private revivedWith: Readonly<Record<string, string>> = {};

  constructor(
    readonly process: ServerProcess,
    private readonly report: (line: string) => void,
    private readonly liveness?: Liveness,
  ) {}

  /** Watches the process, which runs, from now on; once. */
  watch(): void {
    this.watching ??= this.keepRunning();
    if (this.liveness !== undefined) void this.keepAnswering(this.liveness);
  }

  /** Kills what does not answer. Who never answered since its start is still starting. */
  private async keepAnswering({ isAlive, everyMs, maxFailures }: Liveness): Promise<void> {
    const { signal } = this.stopping;
    let answered: number | undefined;
    let failures = 0;
    while (!signal.aborted) {
      const { pid } = this.process;
      if (await isAlive().catch(() => false)) [answered, failures] = [pid, 0];
      else failures = pid === answered && this.process.running ? failures + 1 : 0;
      if (failures >= maxFailures) {
        this.report(`${this.process.options.name} does not answer any more; killing it`);
        await this.process.kill();
        failures = 0;
      }
      await delay(everyMs, undefined, { signal }).catch(() => undefined);
    }
  }

  private async keepRunning(): Promise<void> {
    const { name } = this.process.options;
    let backoffMs = FIRST_BACKOFF_MS;
    for (let since = performance.now(); ; since = performance.now()) {
      await this.process.whenEnded();
      if (performance.now() - since > STEADY_MS) backoffMs = FIRST_BACKOFF_MS;
      if (this.stopping.signal.aborted) return;
      if (this.down !== undefined) {
        while (!this.down.signal.aborted) await once(this.down.signal, 'abort');
        this.down = undefined;
        if (this.stopping.signal.aborted) return;
        backoffMs = FIRST_BACKOFF_MS;
        this.process.spawn(this.revivedWith);
        continue;
      }
      this.report(`${name} died (${this.process.exit}); starting it again in ${backoffMs} ms`);
      try {
        await delay(backoffMs, undefined, { signal: this.stopping.signal });
      } catch {
        return; // stopped meanwhile
      }
      backoffMs = Math.min(backoffMs * 2, LAST_BACKOFF_MS);
      // Not `start`: what it needs may be away for long, and it says itself when it is ready.
      if (this.down === undefined) this.process.spawn();
    }
  }

  /** SIGKILL, and no new start before `revive`. The process must be watched. */
  async crash(): Promise<void> {
    this.keepDown();
    await this.process.kill();
  }

  /** As `crash`, but an orderly end. */
  async rest(): Promise<void> {
    this.keepDown();
    await this.process.stop();
  }

  private keepDown(): void {
    if (this.down?.signal.aborted !== false) this.down = new AbortController();
  }

  /** Starts a crashed process again; `env` are other settings for this one life of it. */
  revive(env: Readonly<Record<string, string>> = {}): void {
    this.revivedWith = env;
    this.down?.abort();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    this.down?.abort();
    await this.process.stop();
    await this.watching;
  }
}
