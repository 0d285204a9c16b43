import { setTimeout as delay } from 'node:timers/promises';
import { TallyError } from '@tally/contracts';

export interface KeepTryingOptions {
  /** Aborted: no further attempt, and the result is undefined. */
  readonly signal?: AbortSignal | undefined;
  /** Time between two attempts. */
  readonly retryMs: number;
  /** Told of each failed attempt. */
  readonly onFailure: (error: TallyError) => void;
}

/**
 * Attempts again and again until it succeeds, for what others have to bring first: a broker, a node,
 * a database. Only operational failures (TallyError) are waited out; anything else is thrown.
 */
export async function keepTrying<T>(
  attempt: () => Promise<T>,
  { signal, retryMs, onFailure }: KeepTryingOptions,
): Promise<T | undefined> {
  while (signal?.aborted !== true) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof TallyError)) throw error;
      onFailure(error);
    }
    await delay(retryMs, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
  }
  return undefined;
}
