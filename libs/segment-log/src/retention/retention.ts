/** What retention needs to know of a segment. */
export interface SegmentFacts {
  readonly size: number;
  /** The max timestamp of its records, ms since 1970. */
  readonly maxTimestampMs: number;
}

/** How much of a topic is kept. */
export interface Retention {
  /** Records go when they are older than this; undefined: age does not matter. */
  readonly ms: number | undefined;
  /** The oldest go while the rest has at least so many bytes; undefined: size does not matter. */
  readonly bytes: number | undefined;
}

/**
 * How many segments from the beginning on are kept no longer. `segments` are all of a partition, in
 * order; the last one is being written and always stays. Only whole segments go, and only from the
 * beginning: an old one behind a young one waits for it.
 */
export function expiredSegments(
  segments: readonly SegmentFacts[],
  retention: Retention,
  nowMs: number,
): number {
  let bytes = segments.reduce((sum, { size }) => sum + size, 0);
  let expired = 0;
  for (const { size, maxTimestampMs } of segments.slice(0, -1)) {
    const isTooMuch = retention.bytes !== undefined && bytes - size >= retention.bytes;
    if (!isTooMuch && !isTooOld(maxTimestampMs, retention, nowMs)) break;
    bytes -= size;
    expired += 1;
  }
  return expired;
}

/** Whether a record of that time is kept no longer because of its age. */
export function isTooOld(timestampMs: number, { ms }: Retention, nowMs: number): boolean {
  return ms !== undefined && timestampMs < nowMs - ms;
}
