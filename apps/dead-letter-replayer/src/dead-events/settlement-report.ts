import type { deadLetterReplayer } from '@tally/contracts';
import type { FoundEvent } from './dead-event-reader.js';

/** Subjects of which the change is told. */
const MAX_CHANGES = 1000;

/** What was settled, and what was left and why. */
export class SettlementReport {
  private events = 0;
  private readonly changes = new Map<string, deadLetterReplayer.CountChange>();
  private readonly obstacles = new Map<string, number>();

  settle(found: readonly FoundEvent[], isReplay: boolean): void {
    this.events += found.length;
    if (!isReplay) return;
    for (const { document } of found) {
      const { type, subject } = document;
      const key = `${type}\0${subject}`;
      const events = Number(this.changes.get(key)?.events ?? 0) + 1;
      if (events > 1 || this.changes.size < MAX_CHANGES)
        this.changes.set(key, { type, subject, events: String(events) });
    }
  }

  leave(reason: string): void {
    this.obstacles.set(reason, (this.obstacles.get(reason) ?? 0) + 1);
  }

  answer(complete: boolean): deadLetterReplayer.SettleDeadEventsResponse {
    return {
      events: String(this.events),
      changes: [...this.changes.values()],
      obstacles: Array.from(this.obstacles, ([reason, events]) => ({
        reason,
        events: String(events),
      })),
      complete,
    };
  }
}
