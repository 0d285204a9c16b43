import {
  type ConfigOf,
  discoverySettings,
  grpcSettings,
  serviceSettings,
  setting,
  url,
  wholeNumber,
} from '@tally/service-kit';

export const settings = {
  ...serviceSettings,
  ...discoverySettings,
  ...grpcSettings,
  shard: setting(
    'TALLY_SHARD',
    wholeNumber(0, 1023),
    'number of the shard that this instance guards',
  ),
  shardUrl: setting('TALLY_SHARD_URL', url(['postgres', 'postgresql']), "the shard's Postgres", {
    secret: true,
  }),
  poolSize: setting(
    'TALLY_POOL_SIZE',
    wholeNumber(1, 500, 10),
    'most connections to Postgres; each costs it a process of some 10 MiB',
  ),
  poolWaitMs: setting(
    'TALLY_POOL_WAIT_MS',
    wholeNumber(1, 60_000, 2000),
    'how long a request waits for a connection, or a connection for Postgres, before it fails',
  ),
};

export type ShardProxyConfig = ConfigOf<typeof settings>;
