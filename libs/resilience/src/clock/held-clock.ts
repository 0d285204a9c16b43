import { SECOND_MS } from '@tally/contracts';

/** Both clocks of a machine at one moment, in ms. */
export interface ClockReading {
  /** Since 1970: what people and NTP set, and what records are stamped with. */
  readonly wallMs: number;
  /**
   * Since some moment: goes on evenly while the process stands still and while the machine sleeps, and
   * cannot be set.
   */
  readonly steadyMs: number;
}

export interface HeldClockOptions {
  readonly read: () => ClockReading;
  /** How far the two may part, in ms, and how far a record may lie in the future of the wall clock. */
  readonly maxStepMs: number;
  /** The wall clock has stepped by so much, or is back (0). */
  readonly onStep?: (byMs: number) => void;
}

/** NTP turns a clock that is wrong by so little back slowly, by this part of time at most: adjtimex(2). */
const MAX_SLEW = 500e-6;

/**
 * The clock that stamps records. What the wall clock says is believed as long as it goes as fast as
 * the steady one: who sets it by an hour would make all events of that hour too late, or claim that
 * answers are complete to a time that has not come. Then nothing is stamped until it is back, or until
 * a person starts the log again.
 *
 * Invariant: `expectedMs` goes with the steady clock, and follows the wall clock by MAX_SLEW of the time
 * that has passed, never faster.
 */
export class HeldClock {
  private expectedMs: number;
  private steadyMs: number;
  private wallMs: number;
  private lastAppendMs = 0;
  private isStepped = false;
  /** Before anything was stamped, a clock that is set has made nothing wrong. */
  private hasStamped = false;

  constructor(private readonly options: HeldClockOptions) {
    const { wallMs, steadyMs } = options.read();
    this.wallMs = wallMs;
    this.expectedMs = wallMs;
    this.steadyMs = steadyMs;
  }

  /** Reads the clocks. ms since 1970; while the wall clock has stepped, without that step. */
  now(): number {
    const { wallMs, steadyMs } = this.options.read();
    const passedMs = Math.max(0, steadyMs - this.steadyMs);
    this.steadyMs = steadyMs;
    this.wallMs = wallMs;
    this.expectedMs = this.hasStamped ? this.expectedMs + passedMs : wallMs;
    // A clock that has stepped is not followed: it must be found right when it is back.
    const slewMs = this.isStepped ? 0 : passedMs * MAX_SLEW;
    this.noticeStep(slewMs);
    if (this.isStepped) return Math.round(this.expectedMs);
    this.expectedMs += Math.min(slewMs, Math.max(-slewMs, this.steppedByMs));
    return wallMs;
  }

  /** How far the wall clock was from where it should be, when `now` was called last. */
  get steppedByMs(): number {
    return this.wallMs - this.expectedMs;
  }

  /** The log has a record of that time: append times never go back, so the next is not earlier. */
  follow(lastAppendMs: number): void {
    this.lastAppendMs = Math.max(this.lastAppendMs, lastAppendMs);
  }

  /** Why no record can be stamped, by what `now` read last; undefined: one can. */
  get refusal(): string | undefined {
    const { maxStepMs } = this.options;
    if (this.isStepped)
      return `the clock of this machine has stepped by ${inSeconds(this.steppedByMs)}, expected ${inSeconds(maxStepMs)} at most`;
    const aheadMs = this.lastAppendMs - this.wallMs;
    if (aheadMs <= maxStepMs) return undefined;
    return `the last record was appended ${inSeconds(aheadMs)} later than the clock of this machine says, expected ${inSeconds(maxStepMs)} at most`;
  }

  /** As `refusal`, for records that are stamped if there is none: from now on the clock is held to what it says. */
  stampRefusal(): string | undefined {
    const { refusal } = this;
    this.hasStamped ||= refusal === undefined;
    return refusal;
  }

  private noticeStep(slewMs: number): void {
    const isStepped = Math.abs(this.steppedByMs) > this.options.maxStepMs + slewMs;
    if (isStepped === this.isStepped) return;
    this.isStepped = isStepped;
    this.options.onStep?.(isStepped ? Math.round(this.steppedByMs) : 0);
  }
}

function inSeconds(ms: number): string {
  return `${(ms / SECOND_MS).toFixed(1)} s`;
}
