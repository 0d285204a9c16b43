/** Most hours of the ledger in one answer: those of 31 days. */
export const MAX_LEDGER_HOURS = 31 * 24;
