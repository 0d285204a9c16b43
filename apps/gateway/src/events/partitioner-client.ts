import { SpanKind, trace, type SpanContext } from '@opentelemetry/api';
import {
  type EventMeaning,
  isSameMeaning,
  type partitioner,
  TallyError,
  writeAppendRequest,
} from '@tally/contracts';
import type { ServiceClient } from '@tally/discovery';
import { GatheringQueue, type GatheringOptions, type LearnedClock } from '@tally/resilience';
import { inLinkedSpan, recordedSpan } from '@tally/service-kit';
import type { KnownCatalog } from '../catalog/known-catalog.js';

const tracer = trace.getTracer('tally.gateway');

export interface PartitionerClientOptions extends Pick<
  GatheringOptions<Append>,
  'maxSentBytes' | 'maxInFlight' | 'worthwhileBytes' | 'maxHoldMs'
> {
  /** Until the outcome of a call counts as unknown. */
  readonly appendTimeoutMs: number;
  readonly maxQueuedBytes: number;
  /** The log's, by what partitioners say of it. */
  readonly logClock: LearnedClock;
  readonly knownCatalog: Pick<KnownCatalog, 'position'>;
}

/** Events of one request from outside. */
export interface TakenEvents extends EventMeaning {
  readonly count: number;
  /** Entries as in a block's body. */
  readonly events: Buffer;
  /** When they arrived, in the log's clock. It stays, however often they are sent. */
  readonly arrivedMs: number;
}

interface Append {
  readonly taken: TakenEvents;
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
      sizeOf: ({ taken }) => taken.events.length,
      goesWith: ({ taken }, first) => isSameMeaning(taken, first.taken),
      send: (appends) => this.send(appends),
    });
  }

  /**
   * Resolves when all events are durable; any failure (TallyError) leaves that open. Duplicates
   * are recognised by their id, so that one that was never sent may be tried at another instance.
   */
  async append(taken: TakenEvents): Promise<void> {
    const appended = this.queue.add({ taken, trace: recordedSpan() });
    if (appended === undefined)
      throw new TallyError(
        'unavailable',
        `${this.queue.queuedBytes} bytes already wait for the log`,
      );
    await appended;
  }

  private async send(appends: readonly Append[]): Promise<void> {
    const { appendTimeoutMs, logClock, knownCatalog } = this.options;
    const taken = appends.map((append) => append.taken);
    const request = requestOf(taken, knownCatalog.position);
    const traces = appends.flatMap((append) => (append.trace === undefined ? [] : [append.trace]));
    await inLinkedSpan(tracer, 'append events', { kind: SpanKind.INTERNAL }, traces, async () => {
      const askedAt = logClock.monotonicMs;
      const answer = await this.partitioner.call<partitioner.AppendResponse>('Append', request, {
        deadlineMs: appendTimeoutMs,
        idempotent: true,
        isEncoded: true,
      });
      if (answer.logTimeMs !== undefined) logClock.learn(Number(answer.logTimeMs), askedAt);
      if (answer.expired)
        throw new TallyError('unavailable', 'the log could not take the events in time');
    });
  }
}

/** The message of one request with the events of all, dated by the first that arrived. */
function requestOf(all: readonly TakenEvents[], catalogPosition: bigint): Buffer {
  const [first] = all;
  if (first === undefined) throw new RangeError('expected at least one request');
  const { schemaId, registryVersion } = first;
  const count = all.reduce((sum, one) => sum + one.count, 0);
  const arrivedMs = all.reduce((min, one) => Math.min(min, one.arrivedMs), Infinity);
  return writeAppendRequest(
    {
      schemaId,
      registryVersion,
      count,
      arrivedMs: String(arrivedMs),
      catalogPosition: String(catalogPosition),
    },
    all.map(({ events }) => events),
  );
}
