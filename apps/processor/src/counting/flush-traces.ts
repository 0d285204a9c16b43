import {
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  trace,
  type Context,
  type SpanContext,
} from '@opentelemetry/api';
import type { ReadRecord } from '@tally/log-client';
import { inLinkedSpan, MAX_LINKED_REQUESTS } from '@tally/service-kit';

const tracer = trace.getTracer('tally.processor');

/**
 * The recorded requests whose events wait for a flush, or are on their way, by shard: as many as a span
 * shows, for a shard may be away for long.
 */
export class FlushTraces {
  private readonly waiting = new Map<number, SpanContext[]>();
  private readonly flying = new Map<number, readonly SpanContext[]>();

  constructor(private readonly shards: readonly number[]) {}

  /** This record will be in the next flush of each shard. */
  add(record: ReadRecord | undefined): void {
    const recorded = record === undefined ? undefined : traceOf(record.traceparent);
    if (recorded === undefined) return;
    for (const shard of this.shards) {
      const waiting = this.waiting.get(shard);
      if (waiting === undefined) this.waiting.set(shard, [recorded]);
      else if (waiting.length < MAX_LINKED_REQUESTS) waiting.push(recorded);
    }
  }

  /** Of the next flush of this shard. */
  waitingFor(shard: number): number {
    return this.waiting.get(shard)?.length ?? 0;
  }

  /** Runs one attempt of a flush in a span below the first request whose events are in it. */
  inSpan<T>(shard: number, attempt: number, work: (active: Context) => Promise<T>): Promise<T> {
    if (attempt === 1) {
      this.flying.set(shard, this.waiting.get(shard) ?? []);
      this.waiting.delete(shard);
    }
    const attributes = { 'tally.shard': shard, 'tally.attempt': attempt };
    const requests = this.flying.get(shard) ?? [];
    return inLinkedSpan(tracer, 'flush', { kind: SpanKind.CONSUMER, attributes }, requests, work);
  }
}

function traceOf(traceparent: string): SpanContext | undefined {
  if (traceparent === '') return undefined;
  return trace.getSpanContext(propagation.extract(ROOT_CONTEXT, { traceparent }));
}
