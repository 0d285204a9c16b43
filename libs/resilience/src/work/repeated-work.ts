import type { TallyError } from '@tally/contracts';
import { WorkUnderWay } from './work-under-way.js';

export interface RepeatedWorkOptions {
  /** From the end of one time to the beginning of the next. */
  readonly pauseMs: number;
  /** Told of a failure that the next time may not have; any other is a bug, and ends the process. */
  readonly onFailure: (error: TallyError) => void;
}

/** Work that is done again and again until it is stopped, once at a time. The process ends without it. */
export class RepeatedWork {
  private readonly stopping = new AbortController();
  private readonly under: WorkUnderWay;
  private timer: NodeJS.Timeout | undefined;

  /** @param work The signal says that it should break off. */
  constructor(
    private readonly work: (signal: AbortSignal) => Promise<void>,
    private readonly options: RepeatedWorkOptions,
  ) {
    this.under = new WorkUnderWay(this.stopping.signal, options.onFailure);
  }

  start(): void {
    this.under.track(this.once());
  }

  /** Resolves when nothing is under way any more. */
  async stop(): Promise<void> {
    this.stopping.abort();
    clearTimeout(this.timer);
    await this.under.settled();
  }

  private async once(): Promise<void> {
    const { signal } = this.stopping;
    await this.under.answerOf(this.work(signal), '');
    if (signal.aborted) return;
    this.timer = setTimeout(() => this.start(), this.options.pauseMs);
    this.timer.unref();
  }
}
