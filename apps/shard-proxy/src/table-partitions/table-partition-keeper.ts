import { DAY_MS, HOUR_MS, MINUTE_MS } from '@tally/contracts';
import type { TablePartitionReport } from '@tally/count-store';
import type { Logger } from '@tally/zookeeper';
import type { Counter } from 'prom-client';

export interface TablePartitionKeeperOptions {
  /** Makes what is missing from the day after `nowMs` on; rejects when it cannot now, or is aborted. */
  readonly make: (nowMs: number, signal: AbortSignal) => Promise<TablePartitionReport>;
  readonly now: () => number;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
  /** Times that it failed. */
  readonly failures: Pick<Counter, 'inc'>;
}

/**
 * Keeps the table partitions of the next days made. Looks every hour, as nothing is done where nothing is
 * missing, so each day's are made within its first hour; and every minute after a failure.
 */
export class TablePartitionKeeper {
  private throughMinute = 0;
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<number> | undefined;
  private readonly stopping = new AbortController();

  constructor(private readonly options: TablePartitionKeeperOptions) {}

  /** Resolves after the first try, whatever its outcome. */
  async start(): Promise<void> {
    this.running = this.run();
    const waitMs = await this.running;
    if (this.stopping.signal.aborted) return;
    this.timer = setTimeout(() => void this.start(), waitMs);
    this.timer.unref();
  }

  /** Breaks off what is under way: Postgres may hang. Resolves when it has ended. */
  async stop(): Promise<void> {
    this.stopping.abort();
    clearTimeout(this.timer);
    await this.running;
  }

  /** Tries once; returns when to try again, in ms. */
  async run(): Promise<number> {
    const { make, now, logger, failures } = this.options;
    try {
      const { made, left, throughMinute } = await make(now(), this.stopping.signal);
      this.throughMinute = throughMinute;
      if (made.length > 0) logger.info({ made }, 'table partitions were made');
      if (left.length > 0) logger.warn({ left }, 'rows of their time are in DEFAULT: not made');
      return HOUR_MS;
    } catch (error) {
      if (this.stopping.signal.aborted) return MINUTE_MS;
      // Whatever it is: counting goes on, in DEFAULT if need be.
      failures.inc();
      logger.warn({ error }, 'table partitions could not be made');
      return MINUTE_MS;
    }
  }

  /** Throws unless the whole of tomorrow has table partitions: then rows begin to land in DEFAULT. */
  check(): void {
    const throughMs = this.throughMinute * MINUTE_MS;
    const tomorrowEndsMs = (Math.floor(this.options.now() / DAY_MS) + 2) * DAY_MS;
    if (throughMs >= tomorrowEndsMs) return;
    const through = new Date(throughMs).toISOString();
    throw new Error(`there are table partitions up to ${through}, not for the whole of tomorrow`);
  }
}
