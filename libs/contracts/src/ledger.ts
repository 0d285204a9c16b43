/** What may become of an event, as an entry of the ledger names it. */
export const FATES = [
  'counted',
  'duplicates',
  'conflicting',
  'tooLate',
  'dead',
  'expired',
] as const;
export type Fate = (typeof FATES)[number];

/** Most hours of the ledger in one answer: those of 31 days. */
export const MAX_LEDGER_HOURS = 31 * 24;
