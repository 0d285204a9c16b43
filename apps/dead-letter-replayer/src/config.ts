import { catalogSettings } from '@tally/catalog';
import { DAY_MS } from '@tally/contracts';
import { logSettings } from '@tally/log-client';
import {
  type ConfigOf,
  deadEventSettings,
  discoverySettings,
  grpcSettings,
  serviceSettings,
  setting,
  wholeNumber,
} from '@tally/service-kit';

export const settings = {
  ...serviceSettings,
  ...discoverySettings,
  ...grpcSettings,
  ...logSettings,
  ...catalogSettings,
  ...deadEventSettings,
  shardDeadlineMs: setting(
    'TALLY_SHARD_DEADLINE_MS',
    wholeNumber(100, 60_000, 5000),
    'how long one delivery may take until its outcome is unknown and what the shard covers is asked again',
  ),
  settledEventKeepMs: setting(
    'TALLY_SETTLED_EVENT_KEEP_MS',
    wholeNumber(1000, 3650 * DAY_MS, 7 * DAY_MS),
    'how long dead events stay that were counted or discarded, so that people see what was done; where none before them is open',
  ),
  deadEventLookMs: setting(
    'TALLY_DEAD_EVENT_LOOK_MS',
    wholeNumber(100, 3_600_000, 60_000),
    'time between two looks of the leader at the dead events: they are counted for the metrics, and old ones deleted; 32 MiB at most are read at once',
  ),
  versionWaitMs: setting(
    'TALLY_VERSION_WAIT_MS',
    wholeNumber(100, 600_000, 10_000),
    'how long ZooKeeper has to answer without the version of the event types that a letter names until that is said; the letter is tried again',
  ),
};

export type DeadLetterReplayerConfig = ConfigOf<typeof settings>;
