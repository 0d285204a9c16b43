import { logSettings } from '@tally/log-client';
import {
  type ConfigOf,
  discoverySettings,
  gatheringSettings,
  grpcSettings,
  oneOf,
  serviceSettings,
  setting,
  wholeNumber,
} from '@tally/service-kit';

export const settings = {
  ...serviceSettings,
  ...discoverySettings,
  ...grpcSettings,
  ...logSettings,
  partitions: setting(
    'TALLY_PARTITIONS',
    wholeNumber(1, 4096, 16),
    'partitions of an events topic that has to be made; one that is there keeps its number',
  ),
  dedupWindowMs: setting(
    'TALLY_DEDUP_WINDOW_MS',
    wholeNumber(1000, 86_400_000, 600_000),
    'how long a duplicate of an event is recognised, for an events topic that has to be made; its reader keeps 40 bytes for each event of that time; a quarter of it must be above all tries of an append together',
  ),
  logShared: setting(
    'TALLY_LOG_SHARED',
    oneOf(['no', 'yes'], 'no'),
    'yes: other installations of Tally have their events in the same log; else a new one makes no topic beside theirs, because it may be an old one that lost its ZooKeeper and shards',
  ),
  maxQueuedBytes: setting(
    'TALLY_MAX_QUEUED_BYTES',
    wholeNumber(1 << 20, 2 ** 32, 64 << 20),
    'events that wait for the log, in bytes; what comes then is refused, so that memory stays bounded',
  ),
  ...gatheringSettings({
    to: 'the log',
    maxSentBytes: 4 << 20,
    maxInFlight: { most: 8, fallback: 2 },
    worthwhileBytes: 64 << 10,
  }),
};

export type PartitionerConfig = ConfigOf<typeof settings>;
