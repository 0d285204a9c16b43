/**
 * Tally recognises an id for 10 minutes (the dedup window of its log). A request may be appended up to
 * a third of that after it arrived; of the rest, more than a minute and a half is left for clocks that
 * differ and for the way there.
 */
export const RESEND_WITHIN_MS = 5 * 60_000;

/**
 * Whether events that may be in already may be sent once more and still count once. `since`: when
 * they were first sent without an answer; both in ms since 1970. `withinMs`: half of the dedup window,
 * for an installation where that is not 10 minutes.
 */
export function mayResend(since: number, at: number, withinMs = RESEND_WITHIN_MS): boolean {
  return at - since <= withinMs;
}
