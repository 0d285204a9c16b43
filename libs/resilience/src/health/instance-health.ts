/** When an instance is no longer asked, and for how long. */
export interface EjectionOptions {
  /** So many failures in a row eject it. */
  readonly failuresToEject: number;
  /** The first ejection takes so long. */
  readonly minEjectionMs: number;
  /** Each further ejection takes twice as long, up to this. */
  readonly maxEjectionMs: number;
}

/**
 * What a call that has ended says about the instance:
 * - `success`: it answered as it should, errors of the caller included.
 * - `failure`: it did not, e.g. no answer in time.
 * - `unreachable`: there was no connection to it; ejects at once.
 * - `neutral`: says nothing about it, e.g. the caller cancelled.
 */
export type Outcome = 'success' | 'failure' | 'unreachable' | 'neutral';

/**
 * What is known about one instance: a circuit breaker that is closed (healthy), open (ejected until
 * a time) or half open (one probe is under way).
 */
export class InstanceHealth {
  /** Calls that have begun and not ended. */
  inFlight = 0;
  /**
   * Grows with each ejection and each return. Outcomes of calls begun in an earlier epoch are not
   * counted: a hundred calls that fail together are one ejection, not a hundred doublings.
   */
  private epoch = 0;
  private failures = 0;
  private ejections = 0;
  private ejectedUntilMs: number | undefined;
  private probing = false;

  /** `now`: monotonic milliseconds. */
  constructor(
    private readonly options: EjectionOptions,
    private readonly now: () => number,
  ) {}

  /** It is not ejected. */
  get isHealthy(): boolean {
    return this.ejectedUntilMs === undefined;
  }

  /** The ejection has run out, and no probe is under way. */
  get isProbeDue(): boolean {
    return this.ejectedUntilMs !== undefined && !this.probing && this.now() >= this.ejectedUntilMs;
  }

  /** A call begins; the returned function ends it, once. */
  begin(): (outcome: Outcome) => void {
    const { epoch } = this;
    const isProbe = this.isProbeDue;
    if (isProbe) this.probing = true;
    this.inFlight += 1;
    let ended = false;
    return (outcome) => {
      if (ended) return;
      ended = true;
      this.inFlight -= 1;
      if (epoch === this.epoch) this.judge(outcome, isProbe);
    };
  }

  private judge(outcome: Outcome, isProbe: boolean): void {
    if (isProbe) this.probing = false;
    switch (outcome) {
      case 'success':
        this.failures = 0;
        if (!this.isHealthy) this.restore();
        return;
      case 'failure':
        this.failures += 1;
        if (!this.isHealthy || this.failures >= this.options.failuresToEject) this.eject();
        return;
      case 'unreachable':
        return this.eject();
      case 'neutral':
        return;
    }
  }

  private restore(): void {
    this.epoch += 1;
    this.ejections = 0;
    this.ejectedUntilMs = undefined;
  }

  private eject(): void {
    const { minEjectionMs, maxEjectionMs } = this.options;
    const durationMs = Math.min(maxEjectionMs, minEjectionMs * 2 ** Math.min(this.ejections, 30));
    this.epoch += 1;
    this.ejections += 1;
    this.failures = 0;
    this.probing = false;
    this.ejectedUntilMs = this.now() + durationMs;
  }
}
