import { every } from '@tally/resilience';

/** Asks again and again, but never twice at once: a server that is slow is not asked more for it. */
export class Heartbeats {
  private end: () => void = () => undefined;

  /** `ask` resolves when it was answered, or cannot be any more. Ends what was begun before. */
  start(everyMs: number, ask: () => Promise<unknown>): void {
    this.stop();
    let isOutstanding = false;
    this.end = every(everyMs, () => {
      if (isOutstanding) return;
      isOutstanding = true;
      void ask().then(() => (isOutstanding = false));
    });
  }

  stop(): void {
    this.end();
  }
}
