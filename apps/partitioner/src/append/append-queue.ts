import type { SpanContext } from '@opentelemetry/api';
import type { Entries } from '@tally/contracts';
import { TallyError } from '@tally/service-kit';

/** Events of one request, their body checked. */
export interface AppendJob {
  readonly schemaId: number;
  readonly registryVersion: number;
  readonly body: Buffer;
  readonly entries: Entries;
  /** Of the request's span, when it is recorded. */
  readonly trace: SpanContext | undefined;
}

export interface AppendQueueOptions {
  readonly maxQueuedBytes: number;
  readonly maxAppendBytes: number;
  readonly maxAppendsInFlight: number;
  /** Appends jobs of one schema and registry version; resolves when all are durable. */
  append(jobs: readonly AppendJob[]): Promise<void>;
}

interface Waiting {
  readonly job: AppendJob;
  resolve(): void;
  reject(error: unknown): void;
}

/**
 * Gathers requests while others are on their way to the log: without load a request goes at once,
 * under load many go together. Each is answered when the append that carried it is durable.
 */
export class AppendQueue {
  private waiting: Waiting[] = [];
  private bytes = 0;
  private inFlight = 0;

  constructor(private readonly options: AppendQueueOptions) {}

  /** Bytes of events that are not confirmed yet. */
  get queuedBytes(): number {
    return this.bytes;
  }

  /** TallyError `unavailable` when the queue is full; what `append` throws when that fails. */
  add(job: AppendJob): Promise<void> {
    const { maxQueuedBytes } = this.options;
    if (this.bytes > 0 && this.bytes + job.body.length > maxQueuedBytes)
      throw new TallyError('unavailable', `${maxQueuedBytes} bytes already wait for the log`);
    this.bytes += job.body.length;
    return new Promise((resolve, reject) => {
      this.waiting.push({ job, resolve, reject });
      this.send();
    });
  }

  private send(): void {
    while (this.waiting.length > 0 && this.inFlight < this.options.maxAppendsInFlight) {
      const batch = this.take();
      this.inFlight += 1;
      void this.run(batch);
    }
  }

  private async run(batch: readonly Waiting[]): Promise<void> {
    let failure: { readonly error: unknown } | undefined;
    try {
      await this.options.append(batch.map(({ job }) => job));
    } catch (error) {
      failure = { error };
    }
    this.inFlight -= 1;
    for (const { job, resolve, reject } of batch) {
      this.bytes -= job.body.length;
      if (failure === undefined) resolve();
      else reject(failure.error);
    }
    this.send();
  }

  /** The oldest job and those after it that go with it: same schema and version, not too many bytes. */
  private take(): Waiting[] {
    const [first] = this.waiting;
    if (first === undefined) return [];
    const { schemaId, registryVersion } = first.job;
    let size = 0;
    let count = 0;
    for (const { job } of this.waiting) {
      const fits = count === 0 || size + job.body.length <= this.options.maxAppendBytes;
      if (!fits || job.schemaId !== schemaId || job.registryVersion !== registryVersion) break;
      size += job.body.length;
      count += 1;
    }
    return this.waiting.splice(0, count);
  }
}
