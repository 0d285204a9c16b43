import { setTimeout as delay } from 'node:timers/promises';
import type { ServerProcess } from '@tally/testing';

const FIRST_BACKOFF_MS = 100;
const LAST_BACKOFF_MS = 10_000;
/** A process that lived this long starts again with the first backoff. */
const STEADY_MS = 10_000;

/** Keeps one process running: when it dies it is started again, later each time, and that is said. */
export class Supervisor {
  private readonly stopping = new AbortController();
  private watching: Promise<void> | undefined;

  constructor(
    readonly process: ServerProcess,
    private readonly report: (line: string) => void,
  ) {}

  /** Watches the process, which runs, from now on; once. */
  watch(): void {
    this.watching ??= this.keepRunning();
  }

  private async keepRunning(): Promise<void> {
    const { name } = this.process.options;
    let backoffMs = FIRST_BACKOFF_MS;
    for (let since = performance.now(); ; since = performance.now()) {
      await this.process.whenEnded();
      if (performance.now() - since > STEADY_MS) backoffMs = FIRST_BACKOFF_MS;
      if (this.stopping.signal.aborted) return;
      this.report(`${name} died (${this.process.exit}); starting it again in ${backoffMs} ms`);
      try {
        await delay(backoffMs, undefined, { signal: this.stopping.signal });
      } catch {
        return; // stopped meanwhile
      }
      backoffMs = Math.min(backoffMs * 2, LAST_BACKOFF_MS);
      // Not `start`: what it needs may be away for long, and it says itself when it is ready.
      this.process.spawn();
    }
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.process.stop();
    await this.watching;
  }
}
