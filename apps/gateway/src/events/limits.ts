import { HOUR_MS } from '@tally/contracts';

/** The limits of POST /v1/events: the public contract, the same everywhere, so no settings. */
export const MAX_BODY_BYTES = 8 * 1024 * 1024;
export const MAX_EVENTS = 10_000;
export const MAX_NESTING = 8;
/** How far an event's time may lie ahead of our clock. */
export const MAX_AHEAD_MS = HOUR_MS;
