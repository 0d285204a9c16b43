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

/** Of what is worth a further call: with more there is nothing to be won by waiting for others. */
const LITTLE = 1 / 8;

interface Waiting<Job, Outcome> {
  readonly job: Job;
  readonly bytes: number;
  resolve(outcome: Outcome): void;
  reject(error: unknown): void;
}

/**
 * Gathers jobs while others are on their way, by Nagle's rule (RFC 896): without load a job goes at
 * once, under load many go together. Each is done when the call that carried it is.
 *
 * Whoever was answered comes again in a moment: the next call waits for as many as were just done, as
 * long as they took and no longer (as `linger.ms` of Kafka's producers does since KIP-1030, but never
 * for the next request of one caller who is alone). Otherwise callers would be two groups for ever, one
 * on its way while the other gathers, and calls half as large.
 */
export class GatheringQueue<Job, Outcome = void> {
  private waiting: Waiting<Job, Outcome>[] = [];
  private waitingBytes = 0;
  private bytes = 0;
  private inFlight = 0;
  private hold: NodeJS.Timeout | undefined;
  private linger: NodeJS.Timeout | undefined;
  /** So many have to wait before the next call is made, while nothing is on its way. */
  private expected = 0;

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
    const { maxInFlight, maxHoldMs } = this.options;
    while (this.inFlight < maxInFlight && this.waiting.length > 0) {
      if (this.isGathering()) {
        this.hold ??= setTimeout(() => this.sendHeld(), maxHoldMs);
        return;
      }
      this.start();
    }
  }

  private isGathering(): boolean {
    const { worthwhileBytes } = this.options;
    if (this.inFlight > 0) return this.waitingBytes < worthwhileBytes;
    const isLittle = this.waitingBytes < worthwhileBytes * LITTLE;
    return isLittle && this.waiting.length < this.expected;
  }

  private sendHeld(): void {
    this.hold = undefined;
    if (this.inFlight < this.options.maxInFlight && this.waiting.length > 0) this.start();
    this.send();
  }

  private start(): void {
    clearTimeout(this.hold);
    this.hold = undefined;
    clearTimeout(this.linger);
    this.expected = 0;
    const batch = this.take();
    this.inFlight += 1;
    void this.run(batch);
  }

  private async run(batch: readonly Waiting<Job, Outcome>[]): Promise<void> {
    const started = performance.now();
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
    this.expect(batch.length, performance.now() - started);
    this.send();
  }

  /** As many as were done come again soon; who was alone is not waited for. */
  private expect(done: number, tookMs: number): void {
    const others = this.waiting.length + done - 1;
    if (this.inFlight > 0 || others === 0) return;
    this.expected = others + 1;
    const noMore = () => {
      this.expected = 0;
      this.send();
    };
    this.linger = setTimeout(noMore, Math.min(tookMs, this.options.maxHoldMs));
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
