import { setTimeout as delay } from 'node:timers/promises';
import { TallyError } from '@tally/contracts';
import type { Backoff } from './backoff.js';

/** When to try again, and when to stop. */
export interface KeepTryingOptions {
  /** Time between two attempts: always the same, or what a Backoff says. */
  readonly retryMs: number | Backoff;
  /** Told of each failed attempt that another one follows. */
  readonly onFailure?: (error: TallyError) => void;
  /** After so many attempts the failure of the last one is thrown. Default: there is no bound. */
  readonly maxTries?: number;
  /** Whether waiting may help against this failure. Default: against each. */
  readonly mayPass?: (error: TallyError) => boolean;
  /** Aborted: no further attempt, and the result is undefined. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Attempts again and again until it succeeds, for what others have to bring first: a broker, a node,
 * a database, a lock. Only operational failures (TallyError) are waited out; anything else is thrown.
 */
export function keepTrying<T>(
  attempt: () => Promise<T>,
  options: KeepTryingOptions & { readonly signal?: undefined },
): Promise<T>;
export function keepTrying<T>(
  attempt: () => Promise<T>,
  options: KeepTryingOptions,
): Promise<T | undefined>;
export async function keepTrying<T>(
  attempt: () => Promise<T>,
  options: KeepTryingOptions,
): Promise<T | undefined> {
  const { retryMs, onFailure, maxTries = Infinity, mayPass = () => true, signal } = options;
  const isAborted = () => signal?.aborted === true;
  for (let tries = 1; !isAborted(); tries++) {
    try {
      return await attempt();
    } catch (error) {
      // What an attempt under way makes of the abort is no failure, and nobody is told of another.
      if (isAborted() && (error instanceof TallyError || isAbort(error, signal))) return undefined;
      if (!(error instanceof TallyError) || tries >= maxTries || !mayPass(error)) throw error;
      onFailure?.(error);
    }
    const waitMs = typeof retryMs === 'number' ? retryMs : retryMs.nextMs();
    await delay(waitMs, undefined, signal && { signal }).catch(() => undefined);
  }
  return undefined;
}

/** The signal's reason itself, or what Node's own functions make of it. */
function isAbort(error: unknown, signal: AbortSignal | undefined): boolean {
  return error === signal?.reason || (error as Error | undefined)?.cause === signal?.reason;
}
