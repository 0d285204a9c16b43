import { setTimeout as delay } from 'node:timers/promises';

/** How long to wait, and how often to look. */
export interface EventuallyOptions {
  /** Ends the wait with an error after this long. */
  readonly timeoutMs?: number;
  readonly intervalMs?: number;
  readonly signal?: AbortSignal;
}

/**
 * Repeats `attempt` until it returns a value other than `undefined` or `false` without throwing,
 * and returns that value. The error of a wait that ran out names `what` and the last failure.
 */
export async function eventually<T>(
  what: string,
  attempt: () => Promise<T> | T,
  { timeoutMs = 20_000, intervalMs = 20, signal }: EventuallyOptions = {},
): Promise<Exclude<T, undefined | false>> {
  const deadline = performance.now() + timeoutMs;
  let last: unknown;
  for (;;) {
    try {
      const result = await attempt();
      if (result !== undefined && result !== false) {
        return result as Exclude<T, undefined | false>;
      }
      last = undefined;
    } catch (error) {
      last = error;
    }
    signal?.throwIfAborted();
    if (performance.now() >= deadline) {
      const reason = last instanceof Error ? `: ${last.message}` : '';
      throw new Error(`not within ${timeoutMs} ms: ${what}${reason}`, { cause: last });
    }
    await delay(intervalMs, undefined, signal === undefined ? {} : { signal });
  }
}
