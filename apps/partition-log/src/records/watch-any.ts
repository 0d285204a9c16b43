import type { Partition } from '@tally/segment-log';

export interface Change {
  /** Resolves when one of the partitions has changed, the wait is over, or nobody waits any more. */
  readonly happened: Promise<void>;
  /** Stops watching. */
  stop(): void;
}

/** Watches from now on: what changes between this call and a wait for `happened` is not missed. */
export function watchAny(
  partitions: Iterable<Partition>,
  waitMs: number,
  signal: AbortSignal,
): Change {
  const stops: (() => void)[] = [];
  const stop = () => {
    for (const end of stops) end();
  };
  const happened = new Promise<void>((resolve) => {
    const change = () => resolve();
    const timer = setTimeout(change, waitMs);
    stops.push(() => clearTimeout(timer));
    if (signal.aborted) change();
    signal.addEventListener('abort', change);
    stops.push(() => signal.removeEventListener('abort', change));
    for (const partition of partitions) stops.push(partition.onChange(change));
  });
  return { happened, stop };
}
