import { SECOND_MS } from '@tally/contracts';

/** So long nothing came until ticks are left out: what follows soon after is flushed as ever. */
export const IDLE_AFTER_MS = 15 * SECOND_MS;
/** Then there is one so often, which lets the instants go on: an answer of an idle system is older by as much. */
export const IDLE_TICK_MS = 2 * SECOND_MS;

/**
 * Which ticks a run that has nothing to do may sleep through: each asks the log, and writes to every
 * shard that nothing came. None while anything is under way, or not as it should be.
 */
export class IdleTicks {
  private heardMs: number;
  private tickedMs: number;

  /** @param nowMs Monotonic. */
  constructor(nowMs: number) {
    this.heardMs = nowMs;
    this.tickedMs = nowMs;
  }

  /** Something came, or is under way. */
  hear(nowMs: number): void {
    this.heardMs = nowMs;
  }

  /** Asked at each tick; true: it is one. */
  isDue(nowMs: number): boolean {
    const isIdle = nowMs - this.heardMs >= IDLE_AFTER_MS;
    // Timers are a little early or late: half a tick decides.
    if (isIdle && nowMs - this.tickedMs < IDLE_TICK_MS - SECOND_MS / 2) return false;
    this.tickedMs = nowMs;
    return true;
  }
}
