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
  readTimeoutMs: setting(
    'TALLY_READ_TIMEOUT_MS',
    wholeNumber(1, 60_000, 4000),
    'how long the shards may take to answer; below what the gateway waits, so that it hears which is missing',
  ),
};

export type QueryConfig = ConfigOf<typeof settings>;
