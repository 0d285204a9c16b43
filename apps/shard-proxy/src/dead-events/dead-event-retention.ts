import { DAY_MS, HOUR_MS } from '@tally/contracts';
import { forgetDeadEvents } from '@tally/count-store';
import { RepeatedWork } from '@tally/resilience';
import type { Logger } from '@tally/service-kit';

/**
 * Once an hour forgets what the shard was told of dead events whose bytes are gone: a day later than the
 * replayer deletes them, as a copy of them may lie behind younger ones.
 *
 * @param keepMs How long the bytes of dead events are kept that nobody settled.
 */
export function deadEventRetention(ownerUrl: string, keepMs: number, logger: Logger): RepeatedWork {
  const keepHours = Math.ceil((keepMs + DAY_MS) / HOUR_MS);
  const forget = async (signal: AbortSignal) => {
    const records = await forgetDeadEvents(ownerUrl, keepHours, signal);
    if (records > 0)
      logger.info({ records, keepHours }, 'what was said of old dead events was forgotten');
  };
  return new RepeatedWork(forget, {
    pauseMs: HOUR_MS,
    onFailure: (error) => logger.warn({ error }, 'what is said of old dead events stays'),
  });
}
