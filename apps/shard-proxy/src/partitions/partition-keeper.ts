import type { PartitionReport } from '@tally/count-store';
import type { Logger } from '@tally/zookeeper';
import type { Counter } from 'prom-client';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const MINUTES_PER_DAY = 1440;

export interface PartitionKeeperOptions {
  /** Makes what is missing from the day after `nowMs` on; rejects when it cannot now. */
  readonly make: (nowMs: number) => Promise<PartitionReport>;
  readonly now: () => number;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
  /** Times that it failed. */
  readonly failures: Pick<Counter, 'inc'>;
}

/**
 * Keeps the partitions of the next days made. Looks every hour, as nothing is done where nothing is
 * missing, so each day's are made within its first hour; and every minute after a failure.
 */
export class PartitionKeeper {
  private throughMinute = 0;
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<number> | undefined;
  private stopped = false;

  constructor(private readonly options: PartitionKeeperOptions) {}

  /** Resolves after the first try, whatever its outcome. */
  async start(): Promise<void> {
    this.running = this.run();
    const waitMs = await this.running;
    if (this.stopped) return;
    this.timer = setTimeout(() => void this.start(), waitMs);
    this.timer.unref();
  }

  /** Resolves when nothing is under way any more. */
  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.running;
  }

  /** Tries once; returns when to try again, in ms. */
  async run(): Promise<number> {
    const { make, now, logger, failures } = this.options;
    try {
      const { made, left, throughMinute } = await make(now());
      this.throughMinute = throughMinute;
      if (made.length > 0) logger.info({ made }, 'partitions were made');
      if (left.length > 0) logger.warn({ left }, 'rows of their time are in DEFAULT: not made');
      return HOUR_MS;
    } catch (error) {
      // Whatever it is: counting goes on, in DEFAULT if need be.
      failures.inc();
      logger.warn({ error }, 'partitions could not be made');
      return MINUTE_MS;
    }
  }

  /** Throws unless the whole of tomorrow has partitions: then rows begin to land in DEFAULT. */
  check(): void {
    const tomorrowEnds = (Math.floor(this.options.now() / (24 * HOUR_MS)) + 2) * MINUTES_PER_DAY;
    if (this.throughMinute >= tomorrowEnds) return;
    const through = new Date(this.throughMinute * MINUTE_MS).toISOString();
    throw new Error(`there are partitions up to ${through}, not for the whole of tomorrow`);
  }
}
