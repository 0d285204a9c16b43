import { DAY_MS, MINUTE_MS } from '@tally/contracts';
import { dayOf } from '../instant.js';
import { COLON, DASH, NINE, POINT, ZERO } from '../json-bytes.js';
import { NOWHERE, standsAt } from './usual-text.js';

/** `2026-01-31T12:00:00` */
const SECONDS_END = 19;
/** As long as a text may be that is an instant. */
const MAX_LENGTH = 64;
const ZULU = 0x5a;
/** As many languages print that there is no offset. */
const NO_OFFSET = Buffer.from('+00:00');

/** What digit a byte is; not one from 0 to 9 when it is none. */
const digit = (bytes: Buffer, at: number): number => (bytes[at] ?? 0) - ZERO;

/**
 * The instant of a text as `2026-01-31T12:00:00.123Z`, with any number of decimals or none, or `+00:00` for
 * `Z`, in ms since 1970; NOWHERE for any other text, and before 1970.
 */
export function usualTime(bytes: Buffer, from: number, to: number): number {
  const isLaidOut =
    to - from > SECONDS_END &&
    to - from <= MAX_LENGTH &&
    bytes[from + 4] === DASH &&
    bytes[from + 7] === DASH &&
    bytes[from + 10] === 0x54 &&
    bytes[from + 13] === COLON &&
    bytes[from + 16] === COLON;
  const end = bytes[to - 1] === ZULU ? to - 1 : to - NO_OFFSET.length;
  if (!isLaidOut || (end < to - 1 && !standsAt(bytes, end, to, NO_OFFSET))) return NOWHERE;
  const hour = twoDigits(bytes, from + 11);
  const minute = twoDigits(bytes, from + 14);
  const second = twoDigits(bytes, from + 17);
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59)
    return NOWHERE;
  const ms = decimals(bytes, from + SECONDS_END, end);
  const year = twoDigits(bytes, from) * 100 + twoDigits(bytes, from + 2);
  const month = twoDigits(bytes, from + 5);
  const day = twoDigits(bytes, from + 8);
  if (ms < 0 || year < 1970) return NOWHERE;
  const days = dayOf(year, month, day);
  if (days === undefined) return NOWHERE;
  return days * DAY_MS + (hour * 60 + minute) * MINUTE_MS + second * 1000 + ms;
}

/** A number below 100; negative when others than digits are there. */
function twoDigits(bytes: Buffer, at: number): number {
  const tens = digit(bytes, at);
  const ones = digit(bytes, at + 1);
  return tens < 0 || tens > 9 || ones < 0 || ones > 9 ? -10_000 : tens * 10 + ones;
}

/** Whole ms of a fraction of a second, which may be missing; NOWHERE when it is none. */
function decimals(bytes: Buffer, from: number, to: number): number {
  if (from === to) return 0;
  if (bytes[from] !== POINT || from + 1 >= to) return NOWHERE;
  let ms = 0;
  for (let at = from + 1; at < to; at++) {
    const byte = bytes[at] ?? 0;
    if (byte < ZERO || byte > NINE) return NOWHERE;
  }
  for (let at = from + 1; at <= from + 3; at++) ms = ms * 10 + (at < to ? digit(bytes, at) : 0);
  return ms;
}
