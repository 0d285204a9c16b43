import type { HeldClock } from '@tally/resilience';
import { SegmentLog, type DiskWatermarks } from '@tally/segment-log';
import type { Logger } from '@tally/service-kit';
import type { PartitionLogConfig } from '../config.js';
import type { LogMetrics } from '../metrics.js';
import { segmentBytesOf } from '../topics/settings/settings-in-force.js';
import { clockRefusal } from './open-clock.js';

const DAMAGE = 'records are damaged and cannot be read';

/**
 * Opens the log. When the disk fails, the process ends at once: what it holds is unknown, a second
 * try would hide that, and what was not acknowledged is checked when it starts again.
 */
export async function openLog(
  config: PartitionLogConfig,
  logger: Logger,
  metrics: LogMetrics,
  space: DiskWatermarks,
  clock: HeldClock,
): Promise<SegmentLog> {
  const log = await SegmentLog.open({
    folder: config.logDir,
    segmentBytes: config.segmentBytes,
    segmentBytesOf,
    maxOpenSegments: config.maxOpenSegments,
    markIntervalMs: config.markIntervalMs,
    maxRoundBytes: config.maxCommitBytes,
    maxQueuedBytes: config.maxQueuedBytes,
    producers: { maxProducers: config.maxProducers, expiryMs: config.producerExpiryMs },
    now: () => clock.now(),
    stampRefusal: () => clock.stampRefusal(),
    onFatal: (error) => {
      logger.fatal({ error }, 'the disk of the log failed: ending at once');
      process.exit(1);
    },
    ...(config.scrubBytesPerSecond > 0 && {
      scrub: {
        bytesPerSecond: config.scrubBytesPerSecond,
        pauseMs: config.scrubPauseMs,
        onPass: ({ bytes }) => {
          metrics.scrubbedBytes.inc(bytes);
          metrics.scrubbedAt.setToCurrentTime();
        },
      },
    }),
    onDamage: (damage) => logger.error({ damage }, DAMAGE),
    onCommit: ({ bytes, syncSeconds }) => {
      metrics.commitBytes.observe(bytes);
      space.wrote(bytes);
      metrics.syncSeconds.observe(syncSeconds);
    },
  });
  for (const cut of log.cutTails) {
    logger.warn(cut, 'cut off the end of a segment that was being written when the log stopped');
  }
  if (log.mendedIdentity !== undefined)
    logger.error(
      { error: log.mendedIdentity, id: log.id },
      'the identity of the log was damaged, and is written anew as its marks name it: look at the disk',
    );
  for (const { name: topic, reason } of log.closedTopics())
    logger.error(
      { error: reason, topic },
      'ALARM: a topic is closed, its description is damaged: nothing of it was changed; mend the file and start the log again',
    );
  for (const damage of log.damage()) logger.error({ damage }, DAMAGE);
  for (const { name: topic, partitions } of log.topics()) {
    for (const { number: partition, endInDoubt } of partitions) {
      if (endInDoubt === undefined) continue;
      logger.error({ topic, partition, reason: endInDoubt }, 'a partition takes no records');
    }
  }
  for (const { partitions } of log.topics())
    for (const { lastAppendTimeMs } of partitions) clock.follow(lastAppendTimeMs);
  const reason = clockRefusal(clock);
  if (reason !== undefined)
    logger.error({ reason }, 'ALARM: the clock is wrong: appends are refused');
  return log;
}
