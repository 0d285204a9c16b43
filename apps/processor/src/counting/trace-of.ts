import { propagation, ROOT_CONTEXT, trace, type SpanContext } from '@opentelemetry/api';

/** The recorded request that a record carries, if it does. */
export function traceOf(traceparent: string): SpanContext | undefined {
  if (traceparent === '') return undefined;
  return trace.getSpanContext(propagation.extract(ROOT_CONTEXT, { traceparent }));
}
