import { SECOND_MS } from '@tally/contracts';
import type { Logger } from '@tally/service-kit';
import type { ProcessorMetrics } from '../metrics.js';

/** Says by how much this clock is ahead of the log's past what it may be, and when that changes. */
export function tellClock(
  aheadMs: number,
  wasAheadMs: number,
  metrics: Pick<ProcessorMetrics, 'clockAhead'>,
  logger: Pick<Logger, 'error' | 'warn'>,
): void {
  metrics.clockAhead.set(aheadMs / SECOND_MS);
  if (aheadMs > 0 && wasAheadMs === 0)
    logger.error(
      { aheadMs },
      "ALARM: the clock of this machine is ahead of the log's: answers go by that of the log from now on; what shards were told before stays until that time has come",
    );
  else if (aheadMs === 0 && wasAheadMs > 0) logger.warn('the clock is that of the log again');
}
