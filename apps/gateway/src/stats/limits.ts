/** The limits of GET /v1/stats that are part of the public contract. */
export const MAX_SUBJECTS = 500;
export const FUNCTIONS = ['count', 'sum', 'avg', 'min', 'max'] as const;
export type StatsFunction = (typeof FUNCTIONS)[number];
export const GRANULARITIES = ['minute', 'hour', 'day', 'total'] as const;
export type Granularity = (typeof GRANULARITIES)[number];
/** How late an event may come: what is older than the newest instant by this is complete. */
export const LATENESS_MS = 60_000;
