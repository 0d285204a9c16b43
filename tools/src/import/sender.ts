import { setTimeout as delay } from 'node:timers/promises';
import type { Batch } from './batch.js';
import type { Delivery } from './delivery.js';
import type { Journal } from './journal.js';
import { ImportProblem } from './reading.js';

/** Copies are recognised for 10 minutes: one is left for clocks and for the way. */
export const RESEND_WITHIN_MS = 9 * 60_000;
/** A gateway that has never answered is likely the wrong address. */
const FIRST_ANSWER_WITHIN_MS = 30_000;
/** One line is enough for all connections that wait for the same. */
const REPORT_EVERY_MS = 10_000;
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 15_000;

export interface SenderOptions {
  readonly journal: Journal;
  readonly deliver: (events: readonly string[]) => Promise<Delivery>;
  /** Batches on their way at a time. */
  readonly connections: number;
  readonly onTaken: (batch: Batch, rejected: readonly { line: number; why: string }[]) => void;
  readonly report: (line: string) => void;
  readonly now?: (() => number) | undefined;
  readonly wait?: ((ms: number, signal: AbortSignal) => Promise<unknown>) | undefined;
}

/**
 * Sends batches, several at a time, each until it is acknowledged. One without an answer is sent
 * again as long as copies are recognised; then the import stops rather than count it twice.
 */
export class Sender {
  private readonly busy = new Set<Promise<void>>();
  private readonly stopping = new AbortController();
  private failure: { readonly error: unknown } | undefined;
  private hasAnswer = false;
  private reported = { line: '', at: 0 };

  constructor(private readonly options: SenderOptions) {}

  /** Resolves when there is room for the next one. Throws what stopped an earlier one. */
  async send(batch: Batch): Promise<void> {
    while (this.busy.size >= this.options.connections) await Promise.race(this.busy);
    this.assertGoingOn();
    const running = this.sendOne(batch)
      .catch((error: unknown) => {
        this.failure ??= { error };
        this.stopping.abort();
      })
      .finally(() => this.busy.delete(running));
    this.busy.add(running);
  }

  /** Waits for all that is on its way; throws what stopped one of them. */
  async drain(): Promise<void> {
    await this.settled();
    this.assertGoingOn();
  }

  /** Waits for all that is on its way, whatever becomes of it. */
  async settled(): Promise<void> {
    await Promise.all(this.busy);
  }

  private report(line: string, at: number): void {
    if (line === this.reported.line && at - this.reported.at < REPORT_EVERY_MS) return;
    this.reported = { line, at };
    this.options.report(line);
  }

  private assertGoingOn(): void {
    if (this.failure !== undefined) throw this.failure.error;
  }

  private async sendOne(batch: Batch): Promise<void> {
    const { journal, deliver, now = Date.now, wait = pause } = this.options;
    const { lines, lineNumbers } = batch;
    const started = now();
    let doubtSince = batch.doubtSince;
    const assertInTime = (at: number, why: string) => {
      if (at - (doubtSince ?? started) > RESEND_WITHIN_MS)
        throw new ImportProblem(
          `lines ${lineNumbers}: ${why}; trying longer could count them twice. Started again, the import goes on and says what stayed in doubt`,
        );
    };
    assertInTime(started, 'they were sent almost 10 minutes ago and not acknowledged');
    for (let tries = 0; ; tries++) {
      const sentAt = now();
      // What is in doubt already is in the journal.
      if (tries === 0 || doubtSince === undefined) journal.sending(lines, batch.mark, sentAt);
      const delivery = await deliver(batch.events);
      if (delivery.kind === 'taken') {
        this.hasAnswer = true;
        const rejected = delivery.rejected.map(({ index, why }) => ({
          line: batch.lineOf(index),
          why,
        }));
        journal.acknowledge(
          lines,
          rejected.map(({ line }) => line),
        );
        this.options.onTaken(batch, rejected);
        return;
      }
      const { kind, why, isAnswer, isFinal, retryAfterMs } = delivery;
      this.hasAnswer ||= isAnswer;
      if (kind === 'unknown') doubtSince ??= sentAt;
      // Nothing of it was ever on its way: a later run need not doubt it.
      else if (doubtSince === undefined) journal.withdraw(lines);
      if (isFinal) throw new ImportProblem(why);
      const isSilent = !this.hasAnswer && now() - started > FIRST_ANSWER_WITHIN_MS;
      if (isSilent || (!this.hasAnswer && kind === 'not taken'))
        throw new ImportProblem(`${why}: is Tally running? --gateway says where it is`);
      const ms = waitBefore(tries, retryAfterMs);
      assertInTime(now() + ms, why);
      this.report(`${why}; trying again`, now());
      await wait(ms, this.stopping.signal);
    }
  }
}

/** Twice as long each time, up to a bound; shorter by chance, so that senders do not come together. */
function waitBefore(tries: number, retryAfterMs = 0): number {
  const most = Math.min(FIRST_WAIT_MS * 2 ** tries, LONGEST_WAIT_MS);
  return Math.max(retryAfterMs, most * (0.5 + Math.random() / 2));
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal });
}
