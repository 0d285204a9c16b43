import { expiryBounds, isVoid, SECOND_MS } from '@tally/contracts';
import type { EventsTopic } from '@tally/placement';
import type { LearnedClock } from '@tally/resilience';

/**
 * How long an answer of the log says what its clock shows. By an older one nothing is refused: it could
 * be wrong since (a machine that slept), and only an append can tell.
 */
const TRUSTED_MS = 10 * SECOND_MS;

/** Until when events may be appended: asked before, by the log's clock as it is known here, and after. */
export class AppendExpiry {
  /** By partition: the latest append time that was seen; readers go by the running maximum. */
  private readonly latest = new Map<number, number>();

  constructor(
    private readonly topic: { get(): EventsTopic },
    private readonly clock: LearnedClock,
  ) {}

  /** When what comes now arrived, as far as nobody said it: ms since 1970 in the log's clock. */
  get nowMs(): number {
    return this.clock.at(this.clock.monotonicMs);
  }

  /** The clock by which `confirm` is told when an append was begun. */
  get monotonicMs(): number {
    return this.clock.monotonicMs;
  }

  /** The log's clock, as its answers said lately; undefined: they did not. */
  get knownNowMs(): number | undefined {
    return this.clock.knownNow(TRUSTED_MS);
  }

  /** Until when the log may append events that arrived then. */
  notAfterMs(arrivedMs: number): number {
    return arrivedMs + this.bounds.leadMs;
  }

  /** Whether the log would append them in vain, as far as is known. */
  isPast(arrivedMs: number): boolean {
    const nowMs = this.knownNowMs;
    return nowMs !== undefined && isVoid(this.notAfterMs(arrivedMs), nowMs, this.bounds);
  }

  /**
   * Takes what the log answered to an append that was begun at `askedAt` (monotonic). True when
   * readers count all of its blocks.
   */
  confirm(
    notAfterMs: number,
    answers: readonly { readonly partition: number; readonly appendMs: number }[],
    askedAt: number,
  ): boolean {
    // Of brokers whose clocks differ, the one that is furthest behind: never ahead of any.
    this.clock.learn(Math.min(...answers.map(({ appendMs }) => appendMs)), askedAt);
    let isConfirmed = true;
    for (const { partition, appendMs } of answers) {
      const latestMs = Math.max(appendMs, this.latest.get(partition) ?? 0);
      this.latest.set(partition, latestMs);
      if (isVoid(notAfterMs, latestMs, this.bounds)) isConfirmed = false;
    }
    return isConfirmed;
  }

  private get bounds() {
    return expiryBounds(this.topic.get().dedupWindowMs);
  }
}
