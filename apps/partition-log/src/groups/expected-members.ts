import type { Clock } from './clock.js';

/** Ids that were given to clients which have to join again with them; they cost a session timeout. */
export class ExpectedMembers {
  /** How to stop the timer of each. */
  private readonly timers = new Map<string, () => void>();

  /** `onLate`: one did not come in time and is expected no more. */
  constructor(
    private readonly clock: Clock,
    private readonly onLate: () => void,
  ) {}

  get size(): number {
    return this.timers.size;
  }

  add(memberId: string, withinMs: number): void {
    const forget = () => {
      this.timers.delete(memberId);
      this.onLate();
    };
    this.timers.set(memberId, this.clock.after(withinMs, forget));
  }

  /** Whether it was expected; it is no more. */
  take(memberId: string): boolean {
    this.timers.get(memberId)?.();
    return this.timers.delete(memberId);
  }

  clear(): void {
    for (const memberId of [...this.timers.keys()]) this.take(memberId);
  }
}
