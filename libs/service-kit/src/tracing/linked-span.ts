import {
  context,
  ROOT_CONTEXT,
  SpanStatusCode,
  trace,
  TraceFlags,
  type Context,
  type Link,
  type SpanContext,
  type SpanOptions,
  type Tracer,
} from '@opentelemetry/api';

/** The default bound of OpenTelemetry for the links of a span. */
const MAX_LINKS = 128;
/** So many requests are seen from the span of their work, its parent among them; more need not be kept. */
export const MAX_LINKED_REQUESTS = MAX_LINKS + 1;

/** The span of the work that goes on here, when it is recorded. */
export function recordedSpan(): SpanContext | undefined {
  const span = trace.getActiveSpan()?.spanContext();
  return span !== undefined && (span.traceFlags & TraceFlags.SAMPLED) !== 0 ? span : undefined;
}

/** Of the recorded requests that share a piece of work the first is the parent, the others linked. */
export function parentAndLinks(requests: readonly SpanContext[]): {
  readonly parent: SpanContext | undefined;
  readonly links: Link[];
} {
  const [parent, ...others] = requests;
  return { parent, links: others.slice(0, MAX_LINKS).map((linked) => ({ context: linked })) };
}

/**
 * Runs work for some recorded requests in one span below the first of them, and tells the work its
 * context; without requests in no span.
 */
export async function inLinkedSpan<T>(
  tracer: Tracer,
  name: string,
  options: SpanOptions,
  requests: readonly SpanContext[],
  work: (active: Context) => Promise<T>,
): Promise<T> {
  const { parent, links } = parentAndLinks(requests);
  if (parent === undefined) return work(ROOT_CONTEXT);
  const below = trace.setSpanContext(ROOT_CONTEXT, parent);
  const span = tracer.startSpan(name, { ...options, links }, below);
  const active = trace.setSpan(ROOT_CONTEXT, span);
  try {
    return await context.with(active, () => work(active));
  } catch (error) {
    span.setStatus({ code: SpanStatusCode.ERROR });
    if (error instanceof Error) span.recordException(error);
    throw error;
  } finally {
    span.end();
  }
}
