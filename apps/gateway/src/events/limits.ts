import { HOUR_MS } from '@tally/contracts';

/** The limits of POST /v1/events: the public contract, the same everywhere, so no settings. */
export const MAX_BODY_BYTES = 8 * 1024 * 1024;
export const MAX_EVENTS = 10_000;
export const MAX_NESTING = 8;
/** How far an event's time may lie ahead of our clock. */
export const MAX_AHEAD_MS = HOUR_MS;
/**
 * What one event may be as a JSON text, before it is looked at: parsing it cannot be interrupted. The
 * largest that breaks no rule, with every character escaped, has 70 KiB and 40 members.
 */
export const MAX_EVENT_TEXT_BYTES = 128 * 1024;
/** Commas and colons outside of strings. */
export const MAX_EVENT_MARKS = 4096;
