/** Time between two beats, in ms. */
export const BEAT_MS = 50;
/**
 * Rounds of the event loop until everything that waited for it was read: connections that were made
 * meanwhile are accepted in one and read in the next; the others are to spare.
 */
const BEATS = 5;

/**
 * When a request arrived at the earliest. What the kernel took in while this process stood still is read
 * when it goes on, and looks new; its sender may have gone elsewhere long ago. So an arrival is dated
 * back by some beats of the event loop: they stand still with it.
 */
export class Arrivals {
  /** Moments of the monotonic clock, the oldest first. */
  private readonly beats: number[];
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly monotonic: () => number) {
    this.beats = Array.from({ length: BEATS }, monotonic);
  }

  /** Beats by itself from now on, until `stop`. */
  start(): this {
    this.timer = setInterval(() => this.beat(), BEAT_MS);
    return this;
  }

  /** Beats no more. */
  stop(): void {
    clearInterval(this.timer);
  }

  /** A round of the event loop has passed. */
  beat(): void {
    this.beats.shift();
    this.beats.push(this.monotonic());
  }

  /** Of what is read now: a moment of the monotonic clock. */
  get earliest(): number {
    return this.beats[0] ?? this.monotonic();
  }
}
