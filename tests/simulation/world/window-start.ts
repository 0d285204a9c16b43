import type { EventsTopic } from '@tally/placement';
import type { ProcessorFaults } from './processor-faults.js';
import type { SimulatedLog } from './simulated-log.js';

/** What the log says where a dedup window begins, or what is taken for that; undefined: it is down. */
export function windowStart(
  {
    log,
    topic,
    faults,
  }: {
    readonly log: SimulatedLog;
    readonly topic: EventsTopic;
    readonly faults: ProcessorFaults;
  },
  partition: number,
  timestampMs: number,
): bigint | undefined {
  if (faults.forgetsWindow) return 1n << 60n;
  if (!faults.shortensWindow) return log.offsetAt(partition, timestampMs);
  const third = log.offsetAt(partition, timestampMs + (topic.dedupWindowMs * 2) / 3);
  // The record before is read too: not that one either.
  return third === undefined ? undefined : third + 1n;
}
