import { Upkeep, type SegmentLog } from '@tally/segment-log';
import type { Logger } from '@tally/service-kit';
import type { PartitionLogConfig } from '../config.js';
import type { LogMetrics } from '../metrics.js';
import { upkeepPolicy } from '../topics/settings/settings-in-force.js';

/** Begins to remove what is not kept any longer, and what later records have replaced. */
export function startUpkeep(
  log: SegmentLog,
  config: PartitionLogConfig,
  logger: Logger,
  metrics: LogMetrics,
  now: () => number,
): Upkeep {
  const upkeep = new Upkeep(log, {
    policyOf: upkeepPolicy,
    intervalMs: config.upkeepIntervalMs,
    compactedSegmentBytes: config.compactedSegmentBytes,
    compactBytesPerSecond: config.compactBytesPerSecond,
    maxKeys: config.compactMaxKeys,
    now,
    onRemoved: (topic, bytes) => {
      metrics.removedBytes.inc({ topic }, bytes);
      logger.info({ topic, bytes }, 'removed a segment that is not kept any longer');
    },
    onCompacted: (topic, bytes) => metrics.compactedBytes.inc({ topic }, bytes),
    onSkipped: (topic, partition, error) =>
      logger.error({ error, topic, partition }, 'left old records: some cannot be read'),
    onFatal: (error) => {
      logger.fatal({ error }, 'the disk of the log failed: ending at once');
      process.exit(1);
    },
  });
  upkeep.start();
  return upkeep;
}
