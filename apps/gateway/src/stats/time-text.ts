import { parseInstant } from '../events/instant.js';
import { after, before, parseDuration, type Duration } from './duration.js';

/** What a text says of an end of the time asked for: when it is, or how far it is from the other end. */
export type TimeText =
  | { readonly kind: 'instant'; readonly ms: number }
  | { readonly kind: 'length'; readonly duration: Duration };

/** What such a text may be, for people. */
export const TIME_FORMS =
  'an instant with its offset (2026-01-31T12:00:00Z), a date (2026-01-31, its first instant in UTC), ' +
  'now, a time from now (-7d, now-6h, -P7D) or a length from the other end (7d, P7D, PT6H)';

const DATE = /^\d{4}-\d\d-\d\d$/;
/** The plus of an offset that nobody escaped came as a blank. */
const LOST_PLUS = /^(\d{4}-\d\d-\d\d[t ]\d\d:\d\d\S*) (\d\d:?(?:\d\d)?)$/i;
/** With `now` or alone; a blank is a plus that nobody escaped. */
const FROM_NOW = /^(?:now)?(?: ?([-+]) ?| )([p\d].*)$/i;
const WITHOUT_OFFSET = /^\d{4}-\d\d-\d\d[t ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?$/i;

/** `nowMs`: ms since 1970. Undefined for what is no time. */
export function parseTime(given: string, nowMs: number): TimeText | undefined {
  const text = given.trim();
  if (text.toLowerCase() === 'now') return { kind: 'instant', ms: nowMs };
  const ms = parseInstant(DATE.test(text) ? `${text}T00:00:00Z` : text.replace(LOST_PLUS, '$1+$2'));
  if (ms !== undefined) return { kind: 'instant', ms };
  // As it came: a blank before it was a plus.
  const [, sign = '+', distance = ''] = FROM_NOW.exec(given.trimEnd()) ?? [];
  const fromNow = parseDuration(distance);
  if (fromNow !== undefined)
    return { kind: 'instant', ms: (sign === '-' ? before : after)(nowMs, fromNow) };
  const duration = parseDuration(text);
  return duration && { kind: 'length', duration };
}

/** Why a text is no time, when that can be told from its form; for people. */
export function hintOn(text: string): string {
  if (WITHOUT_OFFSET.test(text.trim()))
    return ': its offset is missing, Z at its end if it is in UTC';
  if (/^\d{9,13}$/.test(text.trim())) return ': seconds or milliseconds since 1970 are not taken';
  return '';
}
