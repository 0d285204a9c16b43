/** After so long, what an address got wrong is forgotten. */
const WINDOW_MS = 60_000;
/** Addresses that are remembered; with more, the one that came first is forgotten. */
const MAX_ADDRESSES = 10_000;

/** Bounds how often passwords can be tried from one address. */
export class FailureLimit {
  private readonly failures = new Map<string, { count: number; readonly sinceMs: number }>();

  constructor(
    private readonly maxPerMinute: number,
    private readonly nowMs: () => number,
  ) {}

  /** Whether the address has to wait until its minute is over. */
  isReached(address: string): boolean {
    const found = this.failures.get(address);
    if (found === undefined) return false;
    if (found.sinceMs + WINDOW_MS <= this.nowMs()) {
      this.failures.delete(address);
      return false;
    }
    return found.count >= this.maxPerMinute;
  }

  add(address: string): void {
    const found = this.isReached(address) ? undefined : this.failures.get(address);
    if (found !== undefined) found.count += 1;
    else if (!this.failures.has(address)) {
      this.failures.set(address, { count: 1, sinceMs: this.nowMs() });
      const [first] = this.failures.keys();
      if (this.failures.size > MAX_ADDRESSES && first !== undefined) this.failures.delete(first);
    }
  }
}
