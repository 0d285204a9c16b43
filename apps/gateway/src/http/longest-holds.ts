/** Long work that is done in steps. */
export type Stage = 'read' | 'answer';

/** The longest time that each stage of long work held the event loop without a pause. */
export class LongestHolds {
  private readonly longestMs = new Map<Stage, number>();

  /** What began at `since`, a moment of the monotonic clock, has come to a pause or to its end. */
  note(stage: Stage, since: number): void {
    const ms = performance.now() - since;
    if (ms > (this.longestMs.get(stage) ?? 0)) this.longestMs.set(stage, ms);
  }

  /** In ms; forgotten with the answer, so that the next one is of the time since. */
  take(stage: Stage): number {
    const ms = this.longestMs.get(stage) ?? 0;
    this.longestMs.delete(stage);
    return ms;
  }
}
