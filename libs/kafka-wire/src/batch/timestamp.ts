/** The last time that is kept as it is: 2^53 − 1 ms after 1970, as a double holds it. */
export const MAX_TIMESTAMP_MS = Number.MAX_SAFE_INTEGER;
/** What stands where a record has no time. */
export const NO_TIMESTAMP = -1;

/**
 * A time as it stands in a batch or a request (int64, ms since 1970) as the log keeps it: from −1 to
 * 2^53 − 1. What lies outside counts as the nearest of them: it may have been stored once.
 */
export function timestampMs(value: bigint): number {
  return Math.min(Math.max(Number(value), NO_TIMESTAMP), MAX_TIMESTAMP_MS);
}

/** Whether a time can be kept as it is. */
export function isTimestamp(value: bigint): boolean {
  return value >= BigInt(NO_TIMESTAMP) && value <= BigInt(MAX_TIMESTAMP_MS);
}
