import { TallyError } from '@tally/contracts';

/**
 * What a failed call of the client means: the log did not do it. The client has no closed list of
 * errors, and some of what the network does to it comes out as a plain Error or TypeError, so none is
 * told from the others here.
 */
export function logFailure(what: string, cause: unknown): TallyError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new TallyError('unavailable', `${what}: ${reason}`, { cause });
}
