/** How delays grow. */
export interface BackoffOptions {
  /** The bound of the first delay. */
  readonly firstMs: number;
  /** The bound of every delay. Default: `firstMs`, so that all delays are alike. */
  readonly maxMs?: number;
  /** Gives 0 ≤ x < 1. With it, delays are drawn from the upper half of their bound. */
  readonly random?: () => number;
}

/** How long to wait before each further attempt: the bound doubles up to `maxMs`. */
export class Backoff {
  private attempts = 0;

  constructor(private readonly options: BackoffOptions) {}

  /** The delay before the next attempt, in ms. */
  nextMs(): number {
    const { firstMs, maxMs = firstMs, random } = this.options;
    // 2^30 is past every bound in use and keeps the product finite.
    const boundMs = Math.min(maxMs, firstMs * 2 ** Math.min(this.attempts, 30));
    this.attempts += 1;
    // Clients that failed together come again one by one.
    return random === undefined ? boundMs : boundMs / 2 + (random() * boundMs) / 2;
  }

  /** After a success: the next delay is the first one again. */
  reset(): void {
    this.attempts = 0;
  }
}
