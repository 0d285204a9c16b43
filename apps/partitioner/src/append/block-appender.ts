import { propagation, SpanKind, trace } from '@opentelemetry/api';
import type { AppendClient } from '@tally/log-client';
import { partitionBlocks } from '@tally/placement';
import { inLinkedSpan } from '@tally/service-kit';
import type { CurrentTopic } from '../topic/current-topic.js';
import type { AppenderMetrics } from '../metrics.js';
import type { AppendJob } from './append-job.js';

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
    // The context of the first recorded request travels in the records.
    await inLinkedSpan(tracer, `send ${name}`, spanOf(name), tracesOf(jobs), async (active) => {
      const headers: Record<string, string> = {};
      propagation.inject(active, headers);
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
}

function spanOf(topic: string) {
  return {
    kind: SpanKind.PRODUCER,
    attributes: { 'messaging.system': 'kafka', 'messaging.destination.name': topic },
  };
}

function tracesOf(jobs: readonly AppendJob[]) {
  return jobs.flatMap(({ trace }) => (trace === undefined ? [] : [trace]));
}
