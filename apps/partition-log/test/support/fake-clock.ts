import type { Clock } from '../../src/groups/clock.js';

/** Time that passes when it is told to. */
export class FakeClock implements Clock {
  private now = 0;
  private readonly timers = new Set<{ readonly at: number; readonly action: () => void }>();

  after(ms: number, action: () => void): () => void {
    const timer = { at: this.now + ms, action };
    this.timers.add(timer);
    return () => void this.timers.delete(timer);
  }

  advance(ms: number): void {
    const end = this.now + ms;
    for (;;) {
      const [next] = [...this.timers].toSorted((a, b) => a.at - b.at);
      if (next === undefined || next.at > end) break;
      this.now = next.at;
      this.timers.delete(next);
      next.action();
    }
    this.now = end;
  }
}
