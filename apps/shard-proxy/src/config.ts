import {
  type ConfigOf,
  deadEventSettings,
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
  ...deadEventSettings,
  shard: setting(
    'TALLY_SHARD',
    wholeNumber(0, 1023),
    'number of the shard that this instance guards',
  ),
  shardUrl: setting('TALLY_SHARD_URL', url(['postgres', 'postgresql']), "the shard's Postgres", {
    secret: true,
  }),
  migrationUrl: setting(
    'TALLY_SHARD_MIGRATION_URL',
    url(['postgres', 'postgresql'], ''),
    'the same Postgres as the role that makes and owns the tables, where that of TALLY_SHARD_URL is to have no right beyond counting; empty: TALLY_SHARD_URL does both',
    { secret: true },
  ),
  writePoolSize: setting(
    'TALLY_WRITE_POOL_SIZE',
    wholeNumber(1, 500, 4),
    'most connections that write; more only wait for the same coverage rows',
  ),
  readPoolSize: setting(
    'TALLY_READ_POOL_SIZE',
    wholeNumber(1, 500, 6),
    'most connections that read; apart from those that write, so that neither starves the other',
  ),
  poolWaitMs: setting(
    'TALLY_POOL_WAIT_MS',
    wholeNumber(1, 60_000, 2000),
    'how long a request waits for a connection, or a connection for Postgres, before it fails',
  ),
  writeTimeoutMs: setting(
    'TALLY_WRITE_TIMEOUT_MS',
    wholeNumber(1, 600_000, 4000),
    'how long Postgres may work on one delta; a large one takes well below a second. Below `TALLY_SHARD_DEADLINE_MS`, when it is sent again',
  ),
  lockTimeoutMs: setting(
    'TALLY_LOCK_TIMEOUT_MS',
    wholeNumber(1, 600_000, 3000),
    'how long a delta waits for another one that writes the same rows; below `TALLY_WRITE_TIMEOUT_MS`',
  ),
  shardDeadlineMs: setting(
    'TALLY_SHARD_DEADLINE_MS',
    wholeNumber(100, 60_000, 5000),
    'when the processors send a delta again: the same here as there, to see that the other times fit',
  ),
  readTimeoutMs: setting(
    'TALLY_READ_TIMEOUT_MS',
    wholeNumber(1, 600_000, 5000),
    'how long Postgres may work on one read; by then nobody waits for it any more',
  ),
};

export type ShardProxyConfig = ConfigOf<typeof settings>;
