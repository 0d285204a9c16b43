import { HeldClock, machineClocks } from '@tally/resilience';
import type { Logger } from '@tally/service-kit';

/** The steady clock of a machine is read to 10 ms, and the two not at once. */
const MIN_STEP_MS = 100;

/**
 * The clock of this process, ms since 1970: as the machine had it at the start, and from then on without
 * the steps that somebody makes it take. Answers would be complete to a time that has not come else, and
 * what a shard has of that stays.
 */
export function openOwnClock(maxStepMs: number, logger: Logger): () => number {
  const clock = new HeldClock({
    read: machineClocks,
    maxStepMs: Math.max(maxStepMs, MIN_STEP_MS),
    onStep: (byMs) => {
      if (byMs === 0) logger.warn('the clock of this machine is right again');
      else
        logger.error(
          { byMs },
          'ALARM: the clock of this machine has stepped: answers go by what it was before; if it is right now, start this processor again',
        );
    },
  });
  return () => {
    const nowMs = clock.now();
    // From the first time on it is held to what it says.
    clock.stampRefusal();
    return nowMs;
  };
}
