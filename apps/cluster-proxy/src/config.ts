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
  shards: setting(
    'TALLY_SHARDS',
    wholeNumber(1, 1024),
    'number of shards of a new installation; an existing shard map is never changed by it',
  ),
  applyDeadlineMs: setting(
    'TALLY_APPLY_DEADLINE_MS',
    wholeNumber(1, 600_000, 15_000),
    'how long a shard may take for a delta or its coverage, if the caller allows as much; above what it gives Postgres',
  ),
  readDeadlineMs: setting(
    'TALLY_READ_DEADLINE_MS',
    wholeNumber(1, 600_000, 3000),
    'how long a shard may take for counters before it is named as failed, if the caller allows as much',
  ),
  probeEveryMs: setting(
    'TALLY_PROBE_EVERY_MS',
    wholeNumber(10, 60_000, 250),
    'how often a shard that does not answer reads is asked whether it does again; a quarter of the second after which readers are to have it back',
  ),
};

export type ClusterProxyConfig = ConfigOf<typeof settings>;
