import type { Delivery, RejectedEvent } from '../delivery/delivery.js';
import { sendBatch, type Batch, type SendingNotes, type Stopped } from './send-batch.js';

/** One line is enough for all connections that wait for the same. */
const REPORT_EVERY_MS = 10_000;

/** How batches are sent, and who is told of it. */
export interface SenderOptions<B extends Batch> {
  /** One try, as `deliver` makes it. */
  readonly deliver: (events: readonly string[]) => Promise<Delivery>;
  /** Batches on their way at a time. */
  readonly connections: number;
  /** Kept only where one run goes on with what another began. */
  readonly notes?: SendingNotes<B>;
  readonly onTaken: (batch: B, rejected: readonly RejectedEvent[]) => void;
  /** Told, not too often, why something has to be sent again. */
  readonly report: (line: string) => void;
  readonly now?: (() => number) | undefined;
  readonly wait?: ((ms: number, signal?: AbortSignal) => Promise<unknown>) | undefined;
}

/** The batch that ended a sender, and why. */
export interface StoppedBatch<B extends Batch> {
  readonly batch: B;
  readonly stopped: Stopped;
}

/** Sends batches, several at a time, each until it is acknowledged; ends with the first that cannot be. */
export class Sender<B extends Batch> {
  private readonly busy = new Set<Promise<void>>();
  private readonly stopping = new AbortController();
  private readonly contact = { hasAnswered: false };
  private end: StoppedBatch<B> | undefined;
  private bug: { readonly error: unknown } | undefined;
  private reported = { line: '', at: 0 };

  constructor(private readonly options: SenderOptions<B>) {}

  /**
   * Resolves when there is room for the next one. When an earlier batch has ended the sender, this
   * one is not sent, and the answer says which and why. Throws what `notes` or `onTaken` threw.
   */
  async send(batch: B): Promise<StoppedBatch<B> | undefined> {
    while (this.busy.size >= this.options.connections) await Promise.race(this.busy);
    if (this.outcome() !== undefined) return this.end;
    const running = this.sendOne(batch)
      .catch((error: unknown) => {
        this.bug ??= { error };
        this.stopping.abort();
      })
      .finally(() => this.busy.delete(running));
    this.busy.add(running);
    return undefined;
  }

  /** Waits for all that is on its way; answers and throws as `send` does. */
  async drain(): Promise<StoppedBatch<B> | undefined> {
    await this.settled();
    return this.outcome();
  }

  /** Waits for all that is on its way, whatever becomes of it. */
  async settled(): Promise<void> {
    await Promise.all(this.busy);
  }

  private outcome(): StoppedBatch<B> | undefined {
    if (this.bug !== undefined) throw this.bug.error;
    return this.end;
  }

  private async sendOne(batch: B): Promise<void> {
    const { deliver, notes, now, wait, onTaken } = this.options;
    const sent = await sendBatch(batch, {
      deliver,
      notes,
      contact: this.contact,
      signal: this.stopping.signal,
      onRetry: (why) => this.report(`${why}; trying again`),
      now,
      wait,
    });
    if (sent.kind === 'taken') {
      onTaken(batch, sent.rejected);
      return;
    }
    this.end ??= { batch, stopped: sent };
    this.stopping.abort();
  }

  private report(line: string): void {
    const { now = Date.now, report } = this.options;
    const at = now();
    if (line === this.reported.line && at - this.reported.at < REPORT_EVERY_MS) return;
    this.reported = { line, at };
    report(line);
  }
}
