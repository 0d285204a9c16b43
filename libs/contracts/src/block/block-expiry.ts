/**
 * How long after its events were taken in a block may be appended, by the dedup window of its topic.
 * Two copies of a block that are not void lie in an interval of `maxLeadMs`, so that the window always
 * tells the later one for a duplicate, whatever clocks say and however long a writer stood still.
 */
export interface ExpiryBounds {
  /**
   * What is added to the arrival of events: a quarter of the window. Longer than all tries of an
   * append take together; and a clock that is behind by less makes no refusals.
   */
  readonly leadMs: number;
  /**
   * A block that may be appended for longer than this is void: a third of the window. The twelfth
   * more than the lead is for clocks that are ahead. What is left of the window is the time in which a
   * client may send the same ids again: each byte of it that went here would be taken from there.
   */
  readonly maxLeadMs: number;
}

/** The bounds of a topic, in whole ms. */
export function expiryBounds(dedupWindowMs: number): ExpiryBounds {
  return { leadMs: Math.floor(dedupWindowMs / 4), maxLeadMs: Math.floor(dedupWindowMs / 3) };
}

/**
 * Whether a block that was appended then is void: counted by nobody, its ids not remembered.
 *
 * @param notAfterMs Of its header; undefined: it never is.
 * @param appendMs The running maximum of append times of its partition, up to this block.
 */
export function isVoid(
  notAfterMs: number | undefined,
  appendMs: number,
  { maxLeadMs }: ExpiryBounds,
): boolean {
  if (notAfterMs === undefined) return false;
  return appendMs > notAfterMs || notAfterMs - appendMs > maxLeadMs;
}

/**
 * When the events of a block arrived, in the clock of the log: what their age is judged by, at the door
 * and when they are counted. A block that does not say it (format 1): when it was appended.
 */
export function arrivalOf(
  notAfterMs: number | undefined,
  appendMs: number,
  { leadMs }: ExpiryBounds,
): number {
  return notAfterMs === undefined ? appendMs : notAfterMs - leadMs;
}
