import type { Granularity } from './generated/tally/shard_proxy/v1/shard_proxy.js';

/** Most subjects of one question of statistics. */
export const MAX_SUBJECTS = 500;
/** Most groups in which dimensions split what is asked: their values may have some kilobytes each. */
export const MAX_GROUPS = 1000;

const WINDOW_MINUTES: Readonly<Record<Granularity, number | undefined>> = {
  GRANULARITY_UNSPECIFIED: undefined,
  GRANULARITY_MINUTE: 1,
  GRANULARITY_HOUR: 60,
  GRANULARITY_DAY: 24 * 60,
  GRANULARITY_TOTAL: Infinity,
};

/**
 * Width of the windows of a granularity in minutes: Infinity for a total, which is one window as
 * wide as the time asked. Undefined when no granularity was given.
 */
export function windowMinutesOf(granularity: Granularity): number | undefined {
  return WINDOW_MINUTES[granularity];
}
