import { LogClock, machineClocks, type SegmentLog, type Topic } from '@tally/segment-log';
import type { Logger } from '@tally/service-kit';
import { isInternal } from '../topics/internal-topics.js';
import { stampsAppendTime } from '../topics/topic-configs.js';

/** The clock that stamps records; the log says when it steps. */
export function openClock(maxStepMs: number, logger: Logger): LogClock {
  return new LogClock({
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

/** Reads the clock; why appends are refused, of all topics or of the first that has a record in the future. */
export function clockRefusal(log: SegmentLog, clock: LogClock): string | undefined {
  clock.now();
  const stepped = clock.refusal(0);
  if (stepped !== undefined) return stepped;
  const stamped = ({ name, configs }: Topic) => !isInternal(name) && stampsAppendTime(configs);
  for (const { name, partitions } of log.topics().filter(stamped))
    for (const { number, lastAppendTimeMs } of partitions) {
      const refusal = clock.refusal(lastAppendTimeMs);
      if (refusal !== undefined) return `${name}-${number}: ${refusal}`;
    }
  return undefined;
}

/** Rejects while appends are refused for a clock that is wrong: the rest is served. */
export async function probeClock(log: SegmentLog, clock: LogClock): Promise<void> {
  const refusal = clockRefusal(log, clock);
  if (refusal !== undefined) throw new Error(refusal);
}
