/**
 * How long this process may believe that its session is alive. ZooKeeper expires a session no
 * earlier than one timeout after it last *received* something; we know the times at which we *sent*
 * what was answered, which are earlier. So a session that we call lost a tenth of the timeout before
 * `lastContact + timeout` is lost here before the server gives its ephemeral nodes away.
 */
export class Liveness {
  private lastContactMs: number;

  /** `sentAtMs`: when the first answered request was sent, on the clock `now` (monotonic). */
  constructor(
    private readonly now: () => number,
    readonly sessionTimeoutMs: number,
    sentAtMs: number,
  ) {
    this.lastContactMs = sentAtMs;
  }

  /** A request sent at `sentAtMs` was answered. */
  contact(sentAtMs: number): void {
    // Answers to older requests must not move the end back.
    this.lastContactMs = Math.max(this.lastContactMs, sentAtMs);
  }

  /** How long until the session counts as lost unless another contact comes; ≤ 0: it is lost. */
  get remainingMs(): number {
    return this.lastContactMs + this.sessionTimeoutMs * 0.9 - this.now();
  }

  /** Six heartbeats per timeout: three may be late before a healthy session is given up. */
  get heartbeatMs(): number {
    return this.sessionTimeoutMs / 6;
  }
}
