import { TallyError } from '@tally/contracts';

/** The side of a server on one call; gRPC cancels it when the caller goes, or waits no longer. */
export interface CallerCall {
  readonly cancelled: boolean;
  on(event: 'cancelled', listener: () => void): unknown;
}

/**
 * Aborted when nobody waits for the answer any more, with TallyError `deadline_exceeded` for a reason:
 * what reads for a caller ends with it, in every service that it went through.
 */
export function callerGone(call: CallerCall): AbortSignal {
  const gone = new AbortController();
  const abort = (): void =>
    gone.abort(new TallyError('deadline_exceeded', 'the caller waits no longer'));
  call.on('cancelled', abort);
  if (call.cancelled) abort();
  return gone.signal;
}
