import type { BatchOutcome, NewBatch, WrittenBatches } from '../partition/appended-batches.js';
import type { Partition } from '../partition/partition.js';

/** What became of an append. */
export type AppendOutcome =
  | BatchOutcome
  /** The disk is full; the batch is not in the log. */
  | { readonly kind: 'storage_full' }
  /** Too many bytes wait already; the batch is not in the log. */
  | { readonly kind: 'overloaded' }
  /** The topic was deleted, or the log is closing; the batch is not in the log. */
  | { readonly kind: 'closed' }
  /** The end of the partition is in doubt; the batch is not in the log. */
  | { readonly kind: 'damaged' }
  /** Nobody knows at what time it would be appended; the batch is not in the log. */
  | { readonly kind: 'clock_wrong' }
  /** The disk failed: the batch may be in the log or not, and the process must end. */
  | { readonly kind: 'failed' };

/** Bounds of the commit loop, and who is told of what it does. */
export interface CommitLoopOptions {
  /** Most bytes of one round; the rest waits for the next. */
  readonly maxRoundBytes: number;
  /** Most bytes that wait. */
  readonly maxQueuedBytes: number;
  /** ms since 1970. */
  readonly now: () => number;
  /**
   * Why no record can be stamped with the time that `now` told last; undefined: it can. Absent:
   * whatever it told is believed.
   */
  readonly stampRefusal?: () => string | undefined;
  /** The disk did not do as asked: what it holds is unknown. Called once. */
  readonly onFatal: (error: unknown) => void;
  /** After each round that became durable; `syncSeconds` is the time that the disk took for it. */
  readonly onCommit?: (round: { readonly bytes: number; readonly syncSeconds: number }) => void;
}

interface Append {
  readonly kind: 'append';
  readonly partition: Partition;
  readonly batch: NewBatch;
  readonly resolve: (outcome: AppendOutcome) => void;
}

interface Task {
  readonly kind: 'task';
  readonly run: () => Promise<void>;
}

/**
 * The only writer of all partitions. While one round is on its way to the disk, appends gather for
 * the next: one write per partition and one sync per file serve all that wait, so more load makes
 * larger rounds and not more syncs.
 *
 * Invariant: an append is acknowledged, and can be read, only after the sync of every file of its
 * round has succeeded. After the first failure nothing is acknowledged ever again: what a failed
 * sync left in memory and on the disk may differ, and a second sync would hide it.
 */
export class CommitLoop {
  private readonly queue: (Append | Task)[] = [];
  private queuedBytes = 0;
  private state: 'open' | 'closed' | 'failed' = 'open';
  private isRunning = false;
  private running: Promise<void> = Promise.resolve();

  constructor(private readonly options: CommitLoopOptions) {}

  append(partition: Partition, batch: NewBatch): Promise<AppendOutcome> {
    const refused = this.refusal(batch.bytes.length);
    if (refused !== undefined) return Promise.resolve(refused);
    this.queuedBytes += batch.bytes.length;
    return new Promise((resolve) => this.enqueue({ kind: 'append', partition, batch, resolve }));
  }

  /** Runs `task` alone, between two rounds and after all appends before it. Rejects once it failed. */
  exclusively<T>(task: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const run = async () => {
        try {
          resolve(await task());
        } catch (error) {
          reject(error);
          throw error;
        }
      };
      if (this.state === 'failed') reject(new Error('the disk of the log has failed'));
      else this.enqueue({ kind: 'task', run });
    });
  }

  /** Resolves when all that was appended before is decided; what comes after is refused. */
  async close(): Promise<void> {
    if (this.state === 'open') this.state = 'closed';
    while (this.isRunning) await this.running;
  }

  private refusal(bytes: number): AppendOutcome | undefined {
    if (this.state !== 'open') return { kind: this.state };
    return this.queuedBytes + bytes > this.options.maxQueuedBytes
      ? { kind: 'overloaded' }
      : undefined;
  }

  private enqueue(entry: Append | Task): void {
    this.queue.push(entry);
    if (this.isRunning) return;
    this.isRunning = true;
    this.running = new Promise((resolve) => {
      // Not at once: all that arrived in this turn of the event loop goes into the first round.
      setImmediate(() => void this.run().then(resolve));
    });
  }

  private async run(): Promise<void> {
    while (this.queue.length > 0) {
      const [first] = this.queue;
      try {
        if (first?.kind === 'task') {
          this.queue.shift();
          await first.run();
        } else {
          await this.round(this.takeRound());
        }
      } catch (error) {
        this.fail(error);
      }
    }
    // In the same turn as the last look at the queue: what is enqueued later starts another run.
    this.isRunning = false;
  }

  /** The appends at the head of the queue, up to the bound; at least one. */
  private takeRound(): Append[] {
    const round: Append[] = [];
    let bytes = 0;
    for (const entry of this.queue) {
      if (entry.kind === 'task') break;
      bytes += entry.batch.bytes.length;
      if (round.length > 0 && bytes > this.options.maxRoundBytes) break;
      round.push(entry);
    }
    this.queue.splice(0, round.length);
    return round;
  }

  private async round(appends: readonly Append[]): Promise<void> {
    if (this.state === 'failed') return settle(appends, { kind: 'failed' });
    this.queuedBytes -= bytesOf(appends);
    try {
      const nowMs = this.options.now();
      const mayStamp = this.options.stampRefusal?.() === undefined;
      const parts = [...byPartition(appends)].map(async ([partition, own]) => {
        if (!partition.isOpen) return settle(own, { kind: 'closed' });
        if (partition.endInDoubt !== undefined) return settle(own, { kind: 'damaged' });
        const taken = mayStamp ? own : withoutStamped(own);
        if (taken.length === 0) return undefined;
        const written = await partition.write(
          taken.map(({ batch }) => batch),
          nowMs,
        );
        if (written === 'storage_full') return settle(taken, { kind: 'storage_full' });
        return { own: taken, written };
      });
      const written = (await all(parts)).filter((part) => part !== undefined);
      const started = performance.now();
      await all(written.map((part) => part.written.sync()));
      const syncSeconds = (performance.now() - started) / 1000;
      for (const part of written) acknowledge(part.own, part.written);
      if (written.length > 0) {
        this.options.onCommit?.({
          bytes: written.reduce((sum, { own }) => sum + bytesOf(own), 0),
          syncSeconds,
        });
      }
    } catch (error) {
      settle(appends, { kind: 'failed' });
      throw error;
    }
  }

  /** The disk failed elsewhere. */
  fail(error: unknown): void {
    if (this.state === 'failed') return;
    this.state = 'failed';
    this.options.onFatal(error);
  }
}

function acknowledge(appends: readonly Append[], written: WrittenBatches): void {
  written.publish();
  for (const [index, { resolve }] of appends.entries()) {
    const outcome = written.outcomes[index];
    if (outcome !== undefined) resolve(outcome);
  }
}

/** Those that keep the time of their producer are taken whatever the clock says. */
function withoutStamped(appends: readonly Append[]): readonly Append[] {
  settle(
    appends.filter(({ batch }) => batch.stampTime),
    { kind: 'clock_wrong' },
  );
  return appends.filter(({ batch }) => !batch.stampTime);
}

function settle(appends: readonly Append[], outcome: AppendOutcome): undefined {
  for (const { resolve } of appends) resolve(outcome);
}

function bytesOf(appends: readonly Append[]): number {
  return appends.reduce((sum, { batch }) => sum + batch.bytes.length, 0);
}

function byPartition(appends: readonly Append[]): Map<Partition, Append[]> {
  const groups = new Map<Partition, Append[]>();
  for (const append of appends) {
    const group = groups.get(append.partition);
    if (group === undefined) groups.set(append.partition, [append]);
    else group.push(append);
  }
  return groups;
}

/** Like Promise.all, but nothing is left running when it rejects. */
async function all<T>(promises: readonly Promise<T>[]): Promise<T[]> {
  const outcomes = await Promise.allSettled(promises);
  return outcomes.map((outcome) => {
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  });
}
