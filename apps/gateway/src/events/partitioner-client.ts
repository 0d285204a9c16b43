import { SpanKind, trace, type SpanContext } from '@opentelemetry/api';
import { isSameMeaning, type partitioner, TallyError } from '@tally/contracts';
import type { ServiceClient } from '@tally/discovery';
import { GatheringQueue, type GatheringOptions } from '@tally/resilience';
import { inLinkedSpan, recordedSpan } from '@tally/service-kit';

const tracer = trace.getTracer('tally.gateway');

export interface PartitionerClientOptions extends Pick<
  GatheringOptions<Append>,
  'maxSentBytes' | 'maxInFlight' | 'worthwhileBytes' | 'maxHoldMs'
> {
  /** Until the outcome of a call counts as unknown. */
  readonly appendTimeoutMs: number;
  readonly maxQueuedBytes: number;
}

interface Append {
  readonly request: partitioner.AppendRequest;
  /** Of the caller's span, when it is recorded. */
  readonly trace: SpanContext | undefined;
}

/**
 * The way of events to the log: any partitioner. A call costs much more than its events, so those of
 * many requests share one while others are on their way.
 */
export class PartitionerClient {
  private readonly queue: GatheringQueue<Append>;

  constructor(
    private readonly partitioner: ServiceClient,
    private readonly options: PartitionerClientOptions,
  ) {
    this.queue = new GatheringQueue({
      maxBytes: options.maxQueuedBytes,
      maxSentBytes: options.maxSentBytes,
      maxInFlight: options.maxInFlight,
      worthwhileBytes: options.worthwhileBytes,
      maxHoldMs: options.maxHoldMs,
      sizeOf: ({ request }) => request.events.length,
      goesWith: ({ request }, first) => isSameMeaning(request, first.request),
      send: (appends) => this.send(appends),
    });
  }

  /**
   * Resolves when all events are durable; any failure (TallyError) leaves that open. Duplicates
   * are recognised by their id, so that one that was never sent may be tried at another instance.
   */
  async append(request: partitioner.AppendRequest): Promise<void> {
    const appended = this.queue.add({ request, trace: recordedSpan() });
    if (appended === undefined)
      throw new TallyError(
        'unavailable',
        `${this.queue.queuedBytes} bytes already wait for the log`,
      );
    await appended;
  }

  private async send(appends: readonly Append[]): Promise<void> {
    const request = togetherOf(appends.map((append) => append.request));
    const traces = appends.flatMap((append) => (append.trace === undefined ? [] : [append.trace]));
    await inLinkedSpan(tracer, 'append events', { kind: SpanKind.INTERNAL }, traces, async () => {
      await this.partitioner.call<partitioner.AppendResponse>('Append', request, {
        deadlineMs: this.options.appendTimeoutMs,
        idempotent: true,
      });
    });
  }
}

/** One request with the events of all. */
function togetherOf(requests: readonly partitioner.AppendRequest[]): partitioner.AppendRequest {
  const [first] = requests;
  if (first === undefined) throw new RangeError('expected at least one request');
  if (requests.length === 1) return first;
  return {
    ...first,
    count: requests.reduce((sum, { count }) => sum + count, 0),
    events: Buffer.concat(requests.map(({ events }) => events)),
  };
}
