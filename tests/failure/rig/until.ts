import { eventually } from '@tally/testing';

/** Waits as long as a loaded machine may need. */
export const until = <T>(what: string, attempt: () => Promise<T> | T) =>
  eventually(what, attempt, { timeoutMs: 60_000, intervalMs: 50 });
