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
  maxLastAnswerBytes: setting(
    'TALLY_MAX_LAST_ANSWER_BYTES',
    wholeNumber(0, 2 ** 34, 64 << 20),
    'memory for the last known answers, given while a shard is away, in bytes; a million windows. 0: none is kept',
  ),
  maxLastAnswers: setting(
    'TALLY_MAX_LAST_ANSWERS',
    wholeNumber(0, 10_000_000, 100_000),
    'most of those answers, each of one series over one time: what the boards of a company ask for, a thousand times over',
  ),
};

export type QueryConfig = ConfigOf<typeof settings>;
