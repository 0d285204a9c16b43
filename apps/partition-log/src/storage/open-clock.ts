import { HeldClock, machineClocks } from '@tally/resilience';
import type { Logger } from '@tally/service-kit';

/** The clock that stamps records; the log says when it steps. */
export function openClock(maxStepMs: number, logger: Logger): HeldClock {
  return new HeldClock({
    read: machineClocks,
    maxStepMs,
    onStep: (byMs) => {
      if (byMs === 0) logger.warn('the clock of this machine is right again: appends are taken');
      else
        logger.error(
          { byMs, maxStepMs },
          'ALARM: the clock of this machine has stepped: appends are refused until it is back, or the log is started again with a clock that is right',
        );
    },
  });
}

/** Reads the clock; why appends are refused. */
export function clockRefusal(clock: HeldClock): string | undefined {
  clock.now();
  return clock.refusal;
}

/** Rejects while appends are refused for a clock that is wrong: the rest is served. */
export async function probeClock(clock: HeldClock): Promise<void> {
  const refusal = clockRefusal(clock);
  if (refusal !== undefined) throw new Error(refusal);
}
