export interface BackoffOptions {
  /** The upper bound of the first delay. */
  readonly baseMs: number;
  /** The upper bound of every delay. */
  readonly maxMs: number;
  /** 0 ≤ random() < 1. */
  readonly random: () => number;
}

/** Delays that double up to a bound; each is drawn from the upper half, so that clients spread. */
export class Backoff {
  private attempts = 0;

  constructor(private readonly options: BackoffOptions) {}

  nextMs(): number {
    const { baseMs, maxMs, random } = this.options;
    // 2^30 is past every bound in use and keeps the product finite.
    const boundMs = Math.min(maxMs, baseMs * 2 ** Math.min(this.attempts, 30));
    this.attempts += 1;
    return boundMs / 2 + (random() * boundMs) / 2;
  }

  reset(): void {
    this.attempts = 0;
  }
}
