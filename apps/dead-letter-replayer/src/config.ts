import { catalogSettings } from '@tally/catalog';
import { logSettings } from '@tally/log-client';
import {
  type ConfigOf,
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
  shardDeadlineMs: setting(
    'TALLY_SHARD_DEADLINE_MS',
    wholeNumber(100, 60_000, 5000),
    'how long one delivery may take until its outcome is unknown and what the shard covers is asked again',
  ),
  versionWaitMs: setting(
    'TALLY_VERSION_WAIT_MS',
    wholeNumber(100, 600_000, 10_000),
    'how long ZooKeeper has to answer without the version of the event types that a letter names until that is said; the letter is tried again',
  ),
};

export type DeadLetterReplayerConfig = ConfigOf<typeof settings>;
