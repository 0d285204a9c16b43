/** What is gathered, and how much of it. */
export interface GatheringOptions<Job, Outcome = void> {
  /** Most bytes of jobs that are not done; one job is taken in any case. */
  readonly maxBytes: number;
  /** Most bytes that are sent together; one job is sent in any case. */
  readonly maxSentBytes: number;
  /** Most calls of `send` at once. */
  readonly maxInFlight: number;
  /** So many bytes are worth a call of their own while others are on their way. */
  readonly worthwhileBytes: number;
  /** What is worth less goes all the same after so long: a call that hangs holds up no others. */
  readonly maxHoldMs: number;
  /** Bytes of a job. */
  sizeOf(job: Job): number;
  /** Whether a job can be sent together with the first of a batch. */
  goesWith(job: Job, first: Job): boolean;
  /** Resolves when all of them are done, with what became of each. */
  send(jobs: readonly Job[]): Promise<Outcome>;
}

interface Waiting<Job, Outcome> {
  readonly job: Job;
  readonly bytes: number;
  resolve(outcome: Outcome): void;
  reject(error: unknown): void;
}

/**
 * Gathers jobs while others are on their way, by Nagle's rule (RFC 896): without load a job goes at
 * once, under load many go together. Each is done when the call that carried it is.
 */
export class GatheringQueue<Job, Outcome = void> {
  private waiting: Waiting<Job, Outcome>[] = [];
  private waitingBytes = 0;
  private bytes = 0;
  private inFlight = 0;
  private hold: NodeJS.Timeout | undefined;

  constructor(private readonly options: GatheringOptions<Job, Outcome>) {}

  /** Bytes of jobs that are not done yet. */
  get queuedBytes(): number {
    return this.bytes;
  }

  /** Undefined when the queue is full. Resolves and rejects with what `send` does. */
  add(job: Job): Promise<Outcome> | undefined {
    const bytes = this.options.sizeOf(job);
    if (this.bytes > 0 && this.bytes + bytes > this.options.maxBytes) return undefined;
    this.bytes += bytes;
    return new Promise((resolve, reject) => {
      this.waiting.push({ job, bytes, resolve, reject });
      this.waitingBytes += bytes;
      this.send();
    });
  }

  private send(): void {
    const { maxInFlight, worthwhileBytes, maxHoldMs } = this.options;
    while (this.inFlight < maxInFlight && this.waiting.length > 0) {
      if (this.inFlight > 0 && this.waitingBytes < worthwhileBytes) {
        this.hold ??= setTimeout(() => this.sendHeld(), maxHoldMs);
        return;
      }
      this.start();
    }
  }

  private sendHeld(): void {
    this.hold = undefined;
    if (this.inFlight < this.options.maxInFlight && this.waiting.length > 0) this.start();
    this.send();
  }

  private start(): void {
    clearTimeout(this.hold);
    this.hold = undefined;
    const batch = this.take();
    this.inFlight += 1;
    void this.run(batch);
  }

  private async run(batch: readonly Waiting<Job, Outcome>[]): Promise<void> {
    let settle: (waiting: Waiting<Job, Outcome>) => void;
    try {
      const outcome = await this.options.send(batch.map(({ job }) => job));
      settle = ({ resolve }) => resolve(outcome);
    } catch (error) {
      settle = ({ reject }) => reject(error);
    }
    this.inFlight -= 1;
    for (const waiting of batch) {
      this.bytes -= waiting.bytes;
      settle(waiting);
    }
    this.send();
  }

  /** The oldest job and those after it that go with it. */
  private take(): Waiting<Job, Outcome>[] {
    const { maxSentBytes, goesWith } = this.options;
    const [first] = this.waiting;
    if (first === undefined) return [];
    let size = 0;
    let count = 0;
    for (const { job, bytes } of this.waiting) {
      const fits = count === 0 || (size + bytes <= maxSentBytes && goesWith(job, first.job));
      if (!fits) break;
      size += bytes;
      count += 1;
    }
    this.waitingBytes -= size;
    return this.waiting.splice(0, count);
  }
}
