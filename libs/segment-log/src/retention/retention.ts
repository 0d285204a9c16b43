/** What retention needs to know of a segment. */
export interface SegmentFacts {
  readonly size: number;
  /** The max timestamp of those of its records that can be read, ms since 1970; undefined: none can. */
  readonly maxTimestampMs: number | undefined;
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
 * beginning: an old one behind a young one waits for it. One of which nothing can be read goes with the
 * one behind it: its records are at least as old.
 */
export function expiredSegments(
  segments: readonly SegmentFacts[],
  retention: Retention,
  nowMs: number,
): number {
  let bytes = segments.reduce((sum, { size }) => sum + size, 0);
  let expired = 0;
  for (const [index, { size }] of segments.slice(0, -1).entries()) {
    const isTooMuch = retention.bytes !== undefined && bytes - size >= retention.bytes;
    if (!isTooMuch && !isTooOld(timeOf(segments.slice(index)), retention, nowMs)) break;
    bytes -= size;
    expired += 1;
  }
  return expired;
}

/** The max timestamp of the first segment that has one; infinitely late: none has. */
function timeOf(segments: readonly SegmentFacts[]): number {
  return segments.flatMap(({ maxTimestampMs }) => maxTimestampMs ?? [])[0] ?? Infinity;
}

/** Whether a record of that time is kept no longer because of its age. */
export function isTooOld(timestampMs: number, { ms }: Retention, nowMs: number): boolean {
  return ms !== undefined && timestampMs < nowMs - ms;
}
