/** How long to wait between two tries. */
export interface BackoffBounds {
  /** Before the second try, at most. */
  readonly firstMs: number;
  /** Before any later one, at most. */
  readonly longestMs: number;
}

/** Soon at first; at most a few requests a minute to a gateway that is away for long. */
export const USUAL_BACKOFF: BackoffBounds = { firstMs: 250, longestMs: 15_000 };

/**
 * The wait behind try number `tries`, from 0: twice as long each time, up to a bound; shorter by
 * chance, so that senders do not come together; and never shorter than the gateway asks for.
 */
export function waitAfter(
  tries: number,
  { firstMs, longestMs }: BackoffBounds,
  retryAfterMs = 0,
  random: () => number = Math.random,
): number {
  const most = Math.min(firstMs * 2 ** tries, longestMs);
  return Math.max(retryAfterMs, most * (0.5 + random() / 2));
}

/** Resolves after so many ms, or as soon as the signal is aborted. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) return resolve();
    const timer = setTimeout(end, ms);
    function end(): void {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    }
    signal?.addEventListener('abort', end);
  });
}
