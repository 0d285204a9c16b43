import type { Delivery, FinalReason, RejectedEvent } from '../delivery/delivery.js';
import { pause, USUAL_BACKOFF, waitAfter, type BackoffBounds } from './backoff.js';
import { mayResend } from './resend-rule.js';

/** A gateway that has never answered is likely the wrong address. */
const FIRST_ANSWER_WITHIN_MS = 30_000;

/** Events that are sent together, each as the JSON text of one line. */
export interface Batch {
  readonly events: readonly string[];
  /** When it was sent at first, if an earlier run did so and had no answer: ms since 1970. */
  readonly doubtSince?: number | undefined;
}

/** Hears of each step of a batch before the next one is taken: a journal, if one is kept. */
export interface SendingNotes<B extends Batch> {
  /** It is about to be sent: from here on nobody knows. `at`: ms since 1970. */
  sending(batch: B, at: number): void;
  /** It is in, but for those. */
  taken(batch: B, rejected: readonly RejectedEvent[]): void;
  /** None of it is in, and nothing of it was ever on its way. */
  withdrawn(batch: B): void;
}

/** Whether the gateway has ever answered; shared by all that send to it. */
export interface Contact {
  hasAnswered: boolean;
}

/** Why a batch is not sent any more. */
export type Stopped =
  /** Sending it longer could count it twice. */
  | { readonly kind: 'in doubt'; readonly why: string }
  /** No gateway was ever heard of. */
  | { readonly kind: 'unreachable'; readonly why: string }
  /** It is of no use. */
  | { readonly kind: 'refused'; readonly reason: FinalReason; readonly why: string }
  /** It was told to, by its signal or by a bound on tries. */
  | { readonly kind: 'given up'; readonly why: string };

/** What became of a batch in the end. */
export type Sent =
  { readonly kind: 'taken'; readonly rejected: readonly RejectedEvent[] } | Stopped;

/** How a batch is sent; all but `deliver` may be left out. */
export interface SendOptions<B extends Batch = Batch> {
  /** One try, as `deliver` makes it. */
  readonly deliver: (events: readonly string[]) => Promise<Delivery>;
  readonly notes?: SendingNotes<B> | undefined;
  /** Default: a gateway that has not answered yet. */
  readonly contact?: Contact;
  /** 0.25 to 15 s by default. */
  readonly backoff?: BackoffBounds | undefined;
  /** No bound by default but the time in which duplicates are recognised. */
  readonly maxTries?: number;
  /** How long a batch of unknown fate is sent again: RESEND_WITHIN_MS by default, see `mayResend`. */
  readonly resendWithinMs?: number | undefined;
  /** Ends the waiting between tries. */
  readonly signal?: AbortSignal;
  /** Told of each failed try that another one will follow. */
  readonly onRetry?: (why: string) => void;
  readonly now?: (() => number) | undefined;
  readonly wait?: ((ms: number, signal?: AbortSignal) => Promise<unknown>) | undefined;
}

/**
 * Sends one batch until it is acknowledged. A batch without an answer is sent again with the same
 * ids, as long as Tally recognises them; then it is left alone rather than counted twice.
 */
export async function sendBatch<B extends Batch>(batch: B, options: SendOptions<B>): Promise<Sent> {
  const { deliver, notes, contact = { hasAnswered: false }, signal, onRetry } = options;
  const { backoff = USUAL_BACKOFF, maxTries = Infinity, now = Date.now, wait = pause } = options;
  const { resendWithinMs } = options;
  const isStopped = () => signal?.aborted === true;
  const started = now();
  let { doubtSince } = batch;
  if (!mayResend(doubtSince ?? started, started, resendWithinMs))
    return { kind: 'in doubt', why: 'they were sent too long ago and not acknowledged' };
  for (let tries = 0; ; tries++) {
    const sentAt = now();
    // What is in doubt already has been noted.
    if (tries === 0 || doubtSince === undefined) notes?.sending(batch, sentAt);
    const delivery = await deliver(batch.events);
    if (delivery.kind === 'taken') {
      contact.hasAnswered = true;
      notes?.taken(batch, delivery.rejected);
      return delivery;
    }
    const { kind, why, isAnswer, final, retryAfterMs } = delivery;
    contact.hasAnswered ||= isAnswer;
    if (kind === 'unknown') doubtSince ??= sentAt;
    // Nothing of it was ever on its way: a later run need not doubt it.
    else if (doubtSince === undefined) notes?.withdrawn(batch);
    if (final !== undefined) return { kind: 'refused', reason: final, why };
    const isSilent = !contact.hasAnswered && now() - started > FIRST_ANSWER_WITHIN_MS;
    if (isSilent || (!contact.hasAnswered && kind === 'not taken'))
      return { kind: 'unreachable', why };
    const ms = waitAfter(tries, backoff, retryAfterMs);
    if (!mayResend(doubtSince ?? started, now() + ms, resendWithinMs))
      return { kind: 'in doubt', why };
    if (tries + 1 >= maxTries || isStopped()) return { kind: 'given up', why };
    onRetry?.(why);
    await wait(ms, signal);
    if (isStopped()) return { kind: 'given up', why };
  }
}
