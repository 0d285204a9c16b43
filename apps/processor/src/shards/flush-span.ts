import {
  context,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type SpanContext,
} from '@opentelemetry/api';

const tracer = trace.getTracer('tally.processor');
/** The default bound of OpenTelemetry for the links of a span. */
const MAX_LINKS = 128;

/** The recorded request that a record carries, if it does. */
export function traceOf(traceparent: string): SpanContext | undefined {
  if (traceparent === '') return undefined;
  return trace.getSpanContext(propagation.extract(ROOT_CONTEXT, { traceparent }));
}

/** Runs a flush in a span below the first recorded request of its events; the others are linked. */
export function inFlushSpan<T>(
  shard: number,
  traces: readonly SpanContext[],
  flush: () => Promise<T>,
): Promise<T> {
  const [parent, ...others] = traces;
  if (parent === undefined) return flush();
  const span = tracer.startSpan(
    'flush',
    {
      kind: SpanKind.CONSUMER,
      links: others.slice(0, MAX_LINKS).map((linked) => ({ context: linked })),
      attributes: { 'tally.shard': shard },
    },
    trace.setSpanContext(ROOT_CONTEXT, parent),
  );
  return context.with(trace.setSpan(ROOT_CONTEXT, span), async () => {
    try {
      return await flush();
    } catch (error) {
      span.setStatus({ code: SpanStatusCode.ERROR });
      throw error;
    } finally {
      span.end();
    }
  });
}
