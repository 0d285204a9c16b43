/** How long what a simulated processor does takes, and how long it waits: all in ms. This: between two flushes. */
export const FLUSH_INTERVAL_MS = 400;
export const FETCH_EVERY_MS = 60;
export const DEADLINE_MS = 900;
/** From the answer of the log to the run: whoever reads may have to wait for a version of the event types. */
export const MAX_DELIVERY_MS = 40;
/** From a bug until the process has ended: long, so that much may happen meanwhile. */
export const MAX_DYING_MS = 600;
export const VERSION_WAIT_MS = 250;
export const SHARD_PATIENCE_MS = 2500;
export const LETTER_INTERVAL_MS = 600;
export const RAISES_AFTER_MS = 700;
export const REJOIN = { firstRejoinMs: 500, maxRejoinMs: 2000 };
