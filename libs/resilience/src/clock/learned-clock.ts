/** Where this process reads time; tests give others. */
export interface OwnClocks {
  /** ms since 1970, as the machine believes. */
  readonly wall: () => number;
  /** ms since some moment; never steps. */
  readonly monotonic: () => number;
}

/**
 * The clock of somebody else, as it follows from what they say: ms since 1970. An answer was given at
 * some moment between asking and hearing it, so it says between which bounds the clock is; what is
 * believed moves no further than into them. An answer that lay unread while this process stood still
 * has wide bounds and spoils nothing.
 */
export class LearnedClock {
  private aheadMs: number | undefined;
  private learnedAt = -Infinity;

  constructor(
    private readonly own: OwnClocks = { wall: Date.now, monotonic: () => performance.now() },
  ) {}

  /** The monotonic clock by which the others are told. */
  get monotonicMs(): number {
    return this.own.monotonic();
  }

  /** It was `saidMs` at some moment from `askedAt` (monotonic) until now. */
  learn(saidMs: number, askedAt: number): void {
    const heardAt = this.own.monotonic();
    const min = saidMs - heardAt;
    const max = saidMs - askedAt;
    // Behind rather than ahead, where nothing is known: that makes refusals at most.
    this.aheadMs = Math.min(Math.max(this.aheadMs ?? min, min), max);
    this.learnedAt = heardAt;
  }

  /** What it was at a moment of the monotonic clock; by our own wall clock before anything is known. */
  at(monotonicMs: number): number {
    const { wall, monotonic } = this.own;
    return Math.floor(monotonicMs + (this.aheadMs ?? wall() - monotonic()));
  }

  /** What it is now; undefined when nothing was heard for so long, or ever. */
  knownNow(withinMs: number): number | undefined {
    const now = this.own.monotonic();
    return now - this.learnedAt <= withinMs ? this.at(now) : undefined;
  }
}
