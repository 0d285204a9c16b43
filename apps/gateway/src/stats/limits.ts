import { MINUTE_MS, type shardProxy } from '@tally/contracts';

/** The limits of GET /v1/stats that are part of the public contract. */
export const FUNCTIONS = ['count', 'sum', 'avg', 'min', 'max'] as const;
export type StatsFunction = (typeof FUNCTIONS)[number];
export const GRANULARITIES = ['minute', 'hour', 'day', 'total'] as const;
export type Granularity = (typeof GRANULARITIES)[number];
/** The same words as services say them. */
export const WIRE_GRANULARITY = {
  minute: 'GRANULARITY_MINUTE',
  hour: 'GRANULARITY_HOUR',
  day: 'GRANULARITY_DAY',
  total: 'GRANULARITY_TOTAL',
} as const satisfies Record<Granularity, shardProxy.Granularity>;
/** Without a granularity: the finest with so many windows at most; six hours of minutes, 16 days of hours. */
export const MAX_DEFAULT_WINDOWS: Readonly<Record<Granularity, number>> = {
  minute: 400,
  hour: 400,
  day: 4000,
  total: 1,
};
/** The names of the one time zone whose days are counted. */
export const TIME_ZONES: readonly string[] = ['UTC', 'ETC/UTC', 'Z'];
/** How late an event may come: what is older than the newest instant by this is complete. */
export const LATENESS_MS = MINUTE_MS;
