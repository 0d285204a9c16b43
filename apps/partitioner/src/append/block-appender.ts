import { propagation, SpanKind, trace, type Context } from '@opentelemetry/api';
import type { AppendClient, Appended } from '@tally/log-client';
import { partitionBlocks } from '@tally/placement';
import { inLinkedSpan } from '@tally/service-kit';
import type { AppendExpiry } from '../expiry/append-expiry.js';
import type { CatalogEnd } from '../catalog/catalog-end.js';
import type { CurrentTopic } from '../topic/current-topic.js';
import type { AppenderMetrics } from '../metrics.js';
import type { AppendJob, AppendOutcome } from './append-job.js';

const tracer = trace.getTracer('tally.partitioner');

/** Makes blocks of the events of some requests and appends them, in one request to the log. */
export class BlockAppender {
  constructor(
    private readonly log: AppendClient,
    private readonly topic: CurrentTopic,
    private readonly expiry: AppendExpiry,
    private readonly catalog: CatalogEnd,
    private readonly metrics: AppenderMetrics,
  ) {}

  /** TallyError `unavailable` without a topic, or when the log did not confirm. */
  async append(jobs: readonly AppendJob[]): Promise<AppendOutcome> {
    const [first] = jobs;
    if (first === undefined) return 'durable';
    const { name, partitions } = this.topic.get();
    const events = jobs.reduce((sum, { entries }) => sum + entries.starts.length - 1, 0);
    const catalogPosition = await this.catalog.atLeast(latestOf(jobs));
    // Requests gather within moments: the first arrival costs the others nothing and weakens none.
    const arrivedMs = jobs.reduce((min, job) => Math.min(min, job.arrivedMs), Infinity);
    if (this.expiry.isPast(arrivedMs)) return this.expired(events);
    const { schemaId, registryVersion } = first;
    const notAfterMs = this.expiry.notAfterMs(arrivedMs);
    const bodies = jobs.map(({ body, entries }) => ({ bytes: body, entries }));
    const terms = { schemaId, registryVersion, notAfterMs, catalogPosition };
    const blocks = partitionBlocks(bodies, partitions, terms);
    const askedAt = this.expiry.monotonicMs;
    const spanName = `send ${name}`;
    // The context of the first recorded request travels in the records.
    const send = async (active: Context): Promise<Appended[]> => {
      const headers: Record<string, string> = {};
      propagation.inject(active, headers);
      const stop = this.metrics.appendSeconds.startTimer();
      const records = blocks.map(({ partition, record }) => ({ partition, value: record }));
      const answers = await this.log.append(name, records, headers);
      stop();
      return answers;
    };
    const answers = await inLinkedSpan(tracer, spanName, spanOf(name), tracesOf(jobs), send);
    if (!this.expiry.confirm(notAfterMs, answers, askedAt)) return this.expired(events);
    this.metrics.blocks.inc(blocks.length);
    this.metrics.events.inc(events);
    return 'durable';
  }

  private expired(events: number): AppendOutcome {
    this.metrics.expired.inc(events);
    return 'expired';
  }
}

function latestOf(jobs: readonly AppendJob[]): bigint {
  return jobs.reduce(
    (latest, { catalogPosition }) => (catalogPosition > latest ? catalogPosition : latest),
    0n,
  );
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
