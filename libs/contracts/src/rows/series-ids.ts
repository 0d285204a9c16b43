import { TallyError } from '../errors/tally-error.js';

/** Bytes of one series id. */
export const SERIES_ID_BYTES = 16;
/** Most series of one question: a request of 1.6 MB; more are asked in several. */
export const MAX_SERIES = 100_000;

/**
 * Number of the series ids of a question, which lie one after the other. TallyError
 * `invalid_argument` when they are too many, or when one is cut.
 */
export function countSeriesIds(ids: Uint8Array): number {
  const count = ids.length / SERIES_ID_BYTES;
  if (!Number.isInteger(count) || count > MAX_SERIES)
    throw new TallyError(
      'invalid_argument',
      `expected at most ${MAX_SERIES} series ids of ${SERIES_ID_BYTES} bytes, got ${ids.length} bytes`,
    );
  return count;
}
