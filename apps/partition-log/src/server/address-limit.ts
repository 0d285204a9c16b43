import { MINUTE_MS } from '@tally/contracts';

/** Addresses that are remembered; with more, the one that came first is forgotten. */
const MAX_ADDRESSES = 10_000;

/** Counts, per address and minute, what clients should not do often: failed logins, lines in our log. */
export class AddressLimit {
  private readonly counts = new Map<string, { count: number; readonly sinceMs: number }>();

  constructor(
    private readonly maxPerMinute: number,
    private readonly nowMs: () => number,
  ) {}

  /** Whether it was so often that the address has to wait until its minute is over. */
  isReached(address: string): boolean {
    const found = this.counts.get(address);
    if (found === undefined) return false;
    if (found.sinceMs + MINUTE_MS <= this.nowMs()) {
      this.counts.delete(address);
      return false;
    }
    return found.count >= this.maxPerMinute;
  }

  add(address: string): void {
    const found = this.isReached(address) ? undefined : this.counts.get(address);
    if (found !== undefined) found.count += 1;
    else if (!this.counts.has(address)) {
      this.counts.set(address, { count: 1, sinceMs: this.nowMs() });
      const [first] = this.counts.keys();
      if (this.counts.size > MAX_ADDRESSES && first !== undefined) this.counts.delete(first);
    }
  }
}
