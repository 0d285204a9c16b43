import type { SpanContext } from '@opentelemetry/api';
import type { Entries, EventMeaning } from '@tally/contracts';

/** Events of one request, their body checked. */
export interface AppendJob extends EventMeaning {
  readonly body: Buffer;
  readonly entries: Entries;
  /** When the first of them was taken in at the door: ms since 1970, in the log's clock. */
  readonly arrivedMs: number;
  /** A position of the catalogue that its blocks know; 0n: any. */
  readonly catalogPosition: bigint;
  /** Of the request's span, when it is recorded. */
  readonly trace: SpanContext | undefined;
}

/**
 * What became of events: `expired` ones are not acknowledged, and what the log has of them counts for
 * nobody, unless an earlier try was in time.
 */
export type AppendOutcome = 'durable' | 'expired';
