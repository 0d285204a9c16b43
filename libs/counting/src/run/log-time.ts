/**
 * What our own clock says of the log's. It is believed to be ahead by no more than `maxSkewMs`, until
 * records show otherwise: one that was appended after the log was asked for its end, and read before
 * some later moment, says what the log's clock showed in between.
 */
export class LogTime {
  private provenMs = 0;

  constructor(private readonly maxSkewMs: number) {}

  /** By how much our clock is ahead of the log's for sure, past what it may be; 0 while all is well. */
  get aheadMs(): number {
    return this.provenMs;
  }

  /** A time that the log's clock had passed for sure when ours showed `ownMs`. */
  at(ownMs: number): number {
    return ownMs - this.provenMs - this.maxSkewMs;
  }

  /** A record was appended at `appendMs` by the log's clock, between these two moments of ours. */
  learn(appendMs: number, { afterMs, beforeMs }: { afterMs: number; beforeMs: number }): void {
    const isFurther = afterMs - appendMs > this.provenMs + this.maxSkewMs;
    const isNearer = beforeMs - appendMs < this.provenMs - this.maxSkewMs;
    // Rather too far behind: an answer is older then than it could be. Never ahead of our own clock:
    // what the log has from a time to come is complete to no such time.
    if (isFurther || isNearer) this.provenMs = Math.max(0, beforeMs - appendMs);
  }
}
