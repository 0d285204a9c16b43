import type { RunAction } from '@tally/counting';
import type { Logger } from '@tally/service-kit';
import type { ProcessorMetrics } from '../metrics.js';

type Counted = Extract<RunAction, { kind: 'counted' }>;

/** Says what became of the events of a record. */
export function bookEvents(
  { partition, offset, counts }: Counted,
  metrics: Pick<ProcessorMetrics, 'events'>,
  logger: Pick<Logger, 'error'>,
): void {
  const { dead, reason } = counts;
  metrics.events.inc({ fate: 'counted' }, counts.counted);
  metrics.events.inc({ fate: 'duplicate' }, counts.duplicates);
  metrics.events.inc({ fate: 'conflicting' }, counts.conflicting);
  metrics.events.inc({ fate: 'too_late' }, counts.tooLate);
  metrics.events.inc({ fate: 'dead' }, dead);
  metrics.events.inc({ fate: 'expired' }, counts.expired);
  if (reason !== undefined)
    logger.error(
      { partition, offset: String(offset), dead, reason },
      'dead events, see docs/runbooks/dead-events.md',
    );
}
