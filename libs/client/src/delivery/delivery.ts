/** An event that the gateway will never take. */
export interface RejectedEvent {
  /** Position in the batch, from 0. */
  readonly index: number;
  /** Its code and sentence. */
  readonly why: string;
}

/**
 * Why sending the same once more is of no use: the key is missing, wrong, or not allowed to (401,
 * 403); whoever answered is no gateway of Tally; its answer cannot be read.
 */
export type FinalReason = 'key' | 'no gateway' | 'unreadable';

interface Failure<Kind> {
  readonly kind: Kind;
  /** What was answered or what went wrong, for people. */
  readonly why: string;
  /** Whether it was the gateway that said so, and not the network. */
  readonly isAnswer: boolean;
  /** Undefined: the same events may be sent again. */
  readonly final?: FinalReason | undefined;
  /** The gateway asks for so much patience. */
  readonly retryAfterMs?: number | undefined;
}

/** What is known of a batch after it was sent once. */
export type Delivery =
  /** All are in, but for those. */
  | { readonly kind: 'taken'; readonly rejected: readonly RejectedEvent[] }
  /** For certain none is in. */
  | Failure<'not taken'>
  /** Some may be in. */
  | Failure<'unknown'>;
