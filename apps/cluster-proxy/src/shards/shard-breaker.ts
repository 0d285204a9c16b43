import { TallyError, type ErrorCode } from '@tally/contracts';
import { keepTrying } from '@tally/resilience';
import type { Logger } from '@tally/service-kit';
import type { BreakerMetrics } from '../metrics.js';

/** What a shard that is asked says when it, or its Postgres, does not answer. */
const SILENT: ReadonlySet<ErrorCode> = new Set(['unavailable', 'deadline_exceeded']);

/** One that answers takes milliseconds; with the time between two probes it is back within a second. */
export const PROBE_DEADLINE_MS = 500;

export interface ShardBreakerOptions {
  /** Asks a shard whether it answers; TallyError when it does not. */
  readonly probe: (shard: number) => Promise<unknown>;
  readonly probeEveryMs: number;
  readonly metrics: BreakerMetrics;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
}

/**
 * Spares readers the wait for a shard that does not answer. The first read that fails opens it: the
 * next ones fail at once, while the shard is probed at nobody's cost until it answers again.
 */
export class ShardBreaker {
  private readonly away = new Set<number>();
  private readonly closing = new AbortController();

  constructor(private readonly options: ShardBreakerOptions) {}

  /** TallyError `unavailable` for a shard that is away. */
  admit(shard: number): void {
    if (!this.away.has(shard)) return;
    this.options.metrics.refused.inc({ shard: String(shard) });
    throw new TallyError(
      'unavailable',
      `shard ${shard} did not answer: reads reach it again as soon as it answers a probe, which is sent every ${this.options.probeEveryMs} ms`,
    );
  }

  /** A read had all the time that it may take and failed. */
  failed(shard: number, error: unknown): void {
    if (!(error instanceof TallyError) || !SILENT.has(error.code) || this.away.has(shard)) return;
    this.away.add(shard);
    void this.untilBack(shard, error);
  }

  close(): void {
    this.closing.abort();
  }

  private async untilBack(shard: number, error: TallyError): Promise<void> {
    const { probe, probeEveryMs, metrics, logger } = this.options;
    metrics.away.set({ shard: String(shard) }, 1);
    logger.warn({ error, shard }, 'a shard does not answer; it is probed until it does');
    await keepTrying(() => probe(shard), { retryMs: probeEveryMs, signal: this.closing.signal });
    this.away.delete(shard);
    metrics.away.set({ shard: String(shard) }, 0);
    logger.info({ shard }, 'a shard answers again');
  }
}
