import type { PartitionBounds } from '@tally/contracts';
import type { ProcessorFaults } from './processor-faults.js';
import type { SimulatedLog } from './simulated-log.js';

/** What the log answers a processor, and what a control makes of it. */
export interface LogQuestions {
  readonly log: SimulatedLog;
  readonly faults: ProcessorFaults;
}

export function boundsNow(
  { log, faults }: LogQuestions,
  hasBegun: boolean,
): ReadonlyMap<number, PartitionBounds> | undefined {
  const bounds = log.bounds();
  if (!faults.claimsEnd || !hasBegun || bounds === undefined) return bounds;
  return new Map([...bounds].map(([partition, { low }]) => [partition, { low, high: low }]));
}

export function offsetAt(
  { log, faults }: LogQuestions,
  partition: number,
  timestampMs: number,
  dedupWindowMs: number,
): bigint | undefined {
  if (faults.forgetsWindow) return 1n << 60n;
  if (!faults.shortensWindow) return log.offsetAt(partition, timestampMs);
  const third = log.offsetAt(partition, timestampMs + (dedupWindowMs * 2) / 3);
  // The record before is read too: not that one either.
  return third === undefined ? undefined : third + 1n;
}
