import { HeldClock } from '@tally/resilience';
import type { VirtualTime } from './virtual-time.js';

/** What the clocks of a processor and the log may differ. */
export const MAX_SKEW_MS = 1000;

/** The clock by which a processor goes, on a machine whose clock somebody may set. */
export class SimulatedClock {
  private stepMs = 0;
  private clock: HeldClock;

  /** @param isBelieved Control: what was set is what it says. */
  constructor(
    private readonly time: VirtualTime,
    private readonly isBelieved: boolean,
  ) {
    this.clock = this.newClock();
  }

  set(byMs: number): void {
    this.stepMs = byMs;
  }

  /** A new process, with a clock that is right: whoever starts it has looked. */
  begin(): void {
    this.stepMs = 0;
    this.clock = this.newClock();
  }

  now(): number {
    const nowMs = this.clock.now();
    this.clock.stampRefusal();
    return nowMs;
  }

  private newClock(): HeldClock {
    return new HeldClock({
      read: () => ({ wallMs: this.time.nowMs + this.stepMs, steadyMs: this.time.nowMs }),
      maxStepMs: this.isBelieved ? Number.MAX_SAFE_INTEGER : MAX_SKEW_MS,
    });
  }
}
