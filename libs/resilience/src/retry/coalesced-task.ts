import { TallyError } from '@tally/contracts';
import { crash } from '../crash.js';
import type { Backoff } from './backoff.js';

/** How a task goes on after a failed step. */
export interface CoalescedTaskOptions {
  /** How long after a failed step the next one runs. */
  readonly backoff: Backoff;
  /** Told of every failed step, and in how many ms the next one runs. */
  readonly onFailure: (error: TallyError, retryMs: number) => void;
}

/**
 * Runs `step` after each `kick`: never two at a time, one run for all kicks that came meanwhile. A
 * step that fails operationally runs again after a backoff, for ever; a bug crashes the process.
 */
export class CoalescedTask {
  private wanted = false;
  private stopped = false;
  private running: Promise<void> | undefined;
  private retry: NodeJS.Timeout | undefined;

  constructor(
    private readonly step: () => Promise<void>,
    private readonly options: CoalescedTaskOptions,
  ) {}

  /** Runs the step now, or once more when the one under way has ended. */
  kick(): void {
    if (this.stopped) return;
    clearTimeout(this.retry);
    this.wanted = true;
    this.running ??= this.run();
  }

  /** No step starts after this; resolves when the one under way has ended. */
  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.retry);
    await this.running;
  }

  private async run(): Promise<void> {
    while (this.wanted && !this.stopped) {
      this.wanted = false;
      try {
        await this.step();
        this.options.backoff.reset();
      } catch (error) {
        this.failed(error);
      }
    }
    this.running = undefined;
  }

  private failed(error: unknown): void {
    if (!(error instanceof TallyError)) {
      crash(error);
      return;
    }
    if (this.stopped) return;
    const retryMs = this.options.backoff.nextMs();
    this.options.onFailure(error, retryMs);
    this.retry = setTimeout(() => this.kick(), retryMs);
  }
}
