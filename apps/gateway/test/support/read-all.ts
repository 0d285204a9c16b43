import { BATCH_SIZES, type BatchSizes, type RefusedBatch } from '../../src/events/batch-step.js';
import { readBatch, type BatchFormat } from '../../src/events/read-batch.js';

/** Stands for an event that was too large to be parsed. */
export const OVERSIZED_EVENT = { an: 'oversized event' };

/** Stands for an event that is no JSON; its detail as it is told. */
export const malformedEvent = (detail: string) => ({ malformed: detail });

/** All events of a batch, and the indexes of those whose value lost digits. */
export interface WholeBatch {
  readonly kind: 'batch';
  readonly events: readonly unknown[];
  readonly inexact: readonly number[];
}

/** What all steps of reading a batch came to. */
export function readAll(
  bytes: Buffer,
  format: BatchFormat,
  sizes: BatchSizes = BATCH_SIZES,
): WholeBatch | RefusedBatch {
  const events: unknown[] = [];
  const inexact: number[] = [];
  for (const step of readBatch(bytes, format, sizes)) {
    if (step.kind === 'refused') return step;
    if (step.kind === 'oversized') events.push(OVERSIZED_EVENT);
    if (step.kind === 'malformed') events.push(malformedEvent(step.detail));
    if (step.kind !== 'events') continue;
    for (const index of step.inexact) inexact.push(events.length + index);
    events.push(...step.events);
  }
  return { kind: 'batch', events, inexact };
}
