import { setting, wholeNumber } from './settings.js';

/**
 * What a service reads that gathers events: those of several requests go on together (GatheringQueue
 * of resilience takes the four by these names). `to` says where they go, for people; the rest differs
 * by what a call costs there.
 */
export function gatheringSettings(at: {
  readonly to: string;
  readonly maxSentBytes: number;
  readonly maxInFlight: { readonly most: number; readonly fallback: number };
  readonly worthwhileBytes: number;
}) {
  return {
    maxSentBytes: setting(
      'TALLY_MAX_APPEND_BYTES',
      wholeNumber(1 << 16, 8 << 20, at.maxSentBytes),
      'events of several requests that go on in one call, in bytes; larger calls cost no less per byte, smaller ones wait less',
    ),
    maxInFlight: setting(
      'TALLY_MAX_APPENDS_IN_FLIGHT',
      wholeNumber(1, at.maxInFlight.most, at.maxInFlight.fallback),
      `calls to ${at.to} at once; while they are on their way, events gather for the next`,
    ),
    worthwhileBytes: setting(
      'TALLY_WORTHWHILE_APPEND_BYTES',
      wholeNumber(1, 8 << 20, at.worthwhileBytes),
      'so many bytes of events go while other calls are on their way; fewer gather until those are back',
    ),
    maxHoldMs: setting(
      'TALLY_APPEND_HOLD_MS',
      wholeNumber(0, 1000, 20),
      'how long few events wait for calls that are on their way, to go together with others; long enough to save calls, too short to notice when one hangs',
    ),
  };
}
