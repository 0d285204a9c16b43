import {
  context,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Span,
} from '@opentelemetry/api';
import type { AppendClient } from '@tally/log-client';
import { partitionBlocks } from '@tally/placement';
import type { CurrentTopic } from '../topic/current-topic.js';
import type { AppenderMetrics } from '../metrics.js';
import { tracesOf, type AppendJob } from './append-queue.js';

const tracer = trace.getTracer('tally.partitioner');

/** Makes blocks of the events of some requests and appends them, in one request to the log. */
export class BlockAppender {
  constructor(
    private readonly log: AppendClient,
    private readonly topic: CurrentTopic,
    private readonly metrics: AppenderMetrics,
  ) {}

  /** TallyError `unavailable` without a topic, or when the log did not confirm. */
  async append(jobs: readonly AppendJob[]): Promise<void> {
    const [first] = jobs;
    if (first === undefined) return;
    const { name, partitions } = this.topic.get();
    const bodies = jobs.map(({ body, entries }) => ({ bytes: body, entries }));
    const blocks = partitionBlocks(bodies, partitions, first);
    await this.traced(name, jobs, async (headers) => {
      const stop = this.metrics.appendSeconds.startTimer();
      await this.log.append(
        name,
        blocks.map(({ partition, record }) => ({ partition, value: record })),
        headers,
      );
      stop();
    });
    this.metrics.blocks.inc(blocks.length);
    this.metrics.events.inc(jobs.reduce((sum, { entries }) => sum + entries.starts.length - 1, 0));
  }

  /** Runs in a span below the first recorded request, whose context travels in the records. */
  private async traced(
    topic: string,
    jobs: readonly AppendJob[],
    send: (headers: Record<string, string>) => Promise<void>,
  ): Promise<void> {
    const { parent, links } = tracesOf(jobs);
    if (parent === undefined) return send({});
    const span = tracer.startSpan(
      `send ${topic}`,
      {
        kind: SpanKind.PRODUCER,
        links: [...links],
        attributes: { 'messaging.system': 'kafka', 'messaging.destination.name': topic },
      },
      trace.setSpanContext(ROOT_CONTEXT, parent),
    );
    const active = trace.setSpan(ROOT_CONTEXT, span);
    const headers: Record<string, string> = {};
    propagation.inject(active, headers);
    try {
      await context.with(active, () => send(headers));
    } catch (error) {
      fail(span, error);
      throw error;
    } finally {
      span.end();
    }
  }
}

function fail(span: Span, error: unknown): void {
  span.setStatus({ code: SpanStatusCode.ERROR });
  if (error instanceof Error) span.recordException(error);
}
