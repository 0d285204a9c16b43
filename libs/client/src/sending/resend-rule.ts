/**
 * Tally recognises an id for 10 minutes (the dedup window of its log): one of them is left for
 * clocks that differ and for the way there.
 */
export const RESEND_WITHIN_MS = 9 * 60_000;

/**
 * Whether events that may be in already may be sent once more and still count once. `since`: when
 * they were first sent without an answer; both in ms since 1970.
 */
export function mayResend(since: number, at: number): boolean {
  return at - since <= RESEND_WITHIN_MS;
}
