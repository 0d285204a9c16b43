/** How long work may hold the event loop until others have their turn, in ms. */
export const TURN_MS = 10;

/** What tells the time and when the event loop comes round; a test plays both. */
export interface LoopClock {
  now(): number;
  /** Calls back once in the next round of the event loop, after input was looked at. */
  nextRound(callback: () => void): void;
}

const REAL_LOOP: LoopClock = {
  now: () => performance.now(),
  nextRound: (callback) => void setImmediate(callback),
};

/**
 * Long work of one thread, done in small steps: between two of them it asks whether it may go on. All
 * work of a round of the event loop shares one turn of `TURN_MS`; when that is over, who asks waits in
 * line, and each later round lets one of the line go on. So the loop is held for one turn and the step
 * that ends it, however many requests have long work.
 */
export class Turns {
  private startedAt: number | undefined;
  private readonly line: (() => void)[] = [];

  constructor(private readonly loop: LoopClock = REAL_LOOP) {}

  /** How many wait for their turn. */
  get waiting(): number {
    return this.line.length;
  }

  /** Undefined when the caller may go on at once; else it waits for its turn. */
  next(): Promise<void> | undefined {
    if (this.startedAt === undefined) this.begin();
    if (this.loop.now() - (this.startedAt ?? 0) < TURN_MS) return undefined;
    return new Promise((resume) => this.line.push(resume));
  }

  private begin(): void {
    this.startedAt = this.loop.now();
    this.loop.nextRound(() => {
      this.startedAt = undefined;
      const resume = this.line.shift();
      if (resume === undefined) return;
      this.begin();
      resume();
    });
  }
}
