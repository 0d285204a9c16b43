import type { SequenceVerdict } from '../producers/producer-states.js';

/**
 * The one leader epoch of a log without replicas: in every batch and every answer, since clients
 * compare them.
 */
export const LEADER_EPOCH = 0;

/** A batch on its way into a partition. */
export interface NewBatch {
  /** Valid; stamped in place. */
  readonly bytes: Buffer;
  /** Its records get the time of the append instead of the producer's. */
  readonly stampTime: boolean;
}

/** Where a batch lies. */
export interface AppendedBatch {
  readonly baseOffset: bigint;
  /** ms since 1970; undefined where the records keep their time. */
  readonly appendTimeMs: number | undefined;
}

/** What becomes of a batch once its round is durable. */
export type BatchOutcome =
  | ({ readonly kind: 'appended' } & AppendedBatch)
  /** The producer had sent it before; this is where it lies. */
  | ({ readonly kind: 'duplicate' } & AppendedBatch)
  /** Not in the log: batches of its producer that belong before it are missing. */
  | { readonly kind: 'out_of_order' }
  /** Not in the log: its producer has begun anew since, with a higher epoch. */
  | { readonly kind: 'fenced' };

/** Batches that are in the file and not durable yet. */
export interface WrittenBatches {
  /** One per batch, in their order. */
  readonly outcomes: readonly BatchOutcome[];
  /** Resolves when they are durable; a failure means that the log must end. */
  sync(): Promise<void>;
  /** From now on they can be read. */
  publish(): void;
}

/** Of a batch that is not written. */
export function outcomeOf(verdict: Exclude<SequenceVerdict, { kind: 'next' }>): BatchOutcome {
  if (verdict.kind !== 'duplicate') return verdict;
  const { baseOffset, appendTimeMs } = verdict.batch;
  return { kind: 'duplicate', baseOffset, appendTimeMs };
}
