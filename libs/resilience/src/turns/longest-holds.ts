/** The longest time that each stage of long work, done in steps, held the event loop without a pause. */
export class LongestHolds {
  private readonly longestMs = new Map<string, number>();

  /** What began at `since`, a moment of the monotonic clock, has come to a pause or to its end. */
  note(stage: string, since: number): void {
    const ms = performance.now() - since;
    if (ms > (this.longestMs.get(stage) ?? 0)) this.longestMs.set(stage, ms);
  }

  /** In ms; forgotten with the answer, so that the next one is of the time since. */
  take(stage: string): number {
    const ms = this.longestMs.get(stage) ?? 0;
    this.longestMs.delete(stage);
    return ms;
  }
}
