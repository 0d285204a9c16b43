import type { GatheringQueue } from '@tally/resilience';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { AppendJob, AppendOutcome } from './append/append-job.js';

export interface AppenderMetrics {
  readonly events: Counter;
  readonly blocks: Counter;
  readonly expired: Counter;
  readonly appendSeconds: Histogram;
}

export function appenderMetrics(registry: Registry): AppenderMetrics {
  return {
    events: new Counter({
      name: 'tally_partitioner_events_total',
      help: 'Events that the log has confirmed.',
      registers: [registry],
    }),
    blocks: new Counter({
      name: 'tally_partitioner_blocks_total',
      help: 'Blocks that the log has confirmed.',
      registers: [registry],
    }),
    expired: new Counter({
      name: 'tally_partitioner_expired_events_total',
      help: 'Events that were not acknowledged because they were, or would have been, appended too long after their arrival.',
      registers: [registry],
    }),
    appendSeconds: new Histogram({
      name: 'tally_partitioner_append_seconds',
      help: 'Time until the log confirmed an append.',
      buckets: [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
      registers: [registry],
    }),
  };
}

export function registerQueueMetrics(
  registry: Registry,
  queue: GatheringQueue<AppendJob, AppendOutcome>,
): void {
  const bytes = new Gauge({
    name: 'tally_partitioner_queued_bytes',
    help: 'Events that are not confirmed yet, in bytes.',
    registers: [registry],
    collect() {
      bytes.set(queue.queuedBytes);
    },
  });
}
