import { MINUTE_MS } from '@tally/contracts';
import { eventually } from '@tally/testing';

/** Waits as long as a loaded machine may need. */
export const until = <T>(what: string, attempt: () => Promise<T> | T) =>
  eventually(what, attempt, { timeoutMs: MINUTE_MS, intervalMs: 50 });
