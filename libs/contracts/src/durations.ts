/** Lengths of time in milliseconds. */
export const SECOND_MS = 1000;
/** 60 seconds. */
export const MINUTE_MS = 60 * SECOND_MS;
/** 60 minutes. */
export const HOUR_MS = 60 * MINUTE_MS;
/** 24 hours: a day in UTC, without leap seconds. */
export const DAY_MS = 24 * HOUR_MS;
