import type { Deadline } from '@grpc/grpc-js';
import { TallyError } from '@tally/contracts';

/** Share of the caller's time for those who are asked: the rest is for the answer's way back. */
const SHARE = 0.9;

/** The time for calls of ours while a caller waits until then, in ms. TallyError `deadline_exceeded`. */
export function timeLeftMs(callerWaitsUntil: Deadline): number {
  const leftMs = (Number(callerWaitsUntil) - Date.now()) * SHARE;
  if (leftMs <= 0) throw new TallyError('deadline_exceeded', 'the caller waits no longer');
  return leftMs;
}
