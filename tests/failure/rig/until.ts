import { MINUTE_MS } from '@tally/contracts';
import { eventually } from '@tally/testing';

/** Waits as long as a loaded machine may need, or as long as is said. */
export const until = <T>(
  what: string,
  attempt: () => Promise<T> | T,
  timeoutMs: number = MINUTE_MS,
) => eventually(what, attempt, { timeoutMs, intervalMs: 50 });
