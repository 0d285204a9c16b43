/** The end of the years that RFC 3339 has. */
export const LAST_INSTANT_MS = Date.UTC(10_000, 0, 1) - 1;

/** RFC 3339 in UTC, without milliseconds where there are none; what is later is the end of 9999. */
export function isoText(ms: number): string {
  return new Date(Math.min(ms, LAST_INSTANT_MS)).toISOString().replace('.000Z', 'Z');
}
