import { DAY_MS, MINUTE_MS } from '@tally/contracts';

const DAYS_BEFORE_MONTH = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
const DAYS_OF_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
/** `2026-01-01T00:00` */
const MINUTES_END = 16;

/**
 * An instant of RFC 3339 with offset, in ms since 1970, also as other languages print it: a blank for
 * `T`, lower case, no seconds, a comma before the fraction, an offset without colon or minutes (`+0200`,
 * `+02`), behind a blank, or `UTC`. Digits behind the millisecond are cut. A leap second (`:60`, only as
 * the last second of a month in UTC) counts as the last millisecond of its minute, as clocks without
 * leap seconds cannot show it. Undefined for any other text, so for every one without an offset.
 */
export function parseInstant(text: string): number | undefined {
  if (text.length < MINUTES_END + 1 || text.length > 64) return undefined;
  const year = digits(text, 0, 4);
  const month = digits(text, 5, 2);
  const day = digits(text, 8, 2);
  const hour = digits(text, 11, 2);
  const minute = digits(text, 14, 2);
  const isLaidOut = text[4] === '-' && text[7] === '-' && isTimeMark(text[10]) && text[13] === ':';
  const days = dayOf(year, month, day);
  if (!isLaidOut || days === undefined) return undefined;
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59) return undefined;

  let at = MINUTES_END;
  let second = 0;
  let ms = 0;
  if (text[at] === ':') {
    second = digits(text, at + 1, 2);
    if (second < 0 || second > 60) return undefined;
    at += 3;
    if (text[at] === '.' || text[at] === ',') {
      const from = at + 1;
      at = from;
      while (isDigit(text.charCodeAt(at))) at += 1;
      if (at === from) return undefined;
      ms = Number(text.slice(from, Math.min(at, from + 3)).padEnd(3, '0'));
    }
  }
  const offsetMinutes = parseOffset(text, at);
  if (offsetMinutes === undefined) return undefined;

  const minuteMs = days * DAY_MS + (hour * 60 + minute - offsetMinutes) * MINUTE_MS;
  if (second < 60) return minuteMs + second * 1000 + ms;
  const next = new Date(minuteMs + MINUTE_MS);
  const isEndOfMonth = next.getUTCDate() === 1 && (minuteMs + MINUTE_MS) % DAY_MS === 0;
  return isEndOfMonth ? minuteMs + MINUTE_MS - 1 : undefined;
}

/** Days from 1970-01-01 to a date of the Gregorian calendar; undefined when there is no such date. */
export function dayOf(year: number, month: number, day: number): number | undefined {
  if (year < 0 || month < 1 || month > 12 || day < 1) return undefined;
  const isLeapYear = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  if (day > (DAYS_OF_MONTH[month - 1] ?? 0) + (isLeapYear && month === 2 ? 1 : 0)) return undefined;
  const afterFebruary = isLeapYear && month > 2 ? 1 : 0;
  return daysSince1970(year) + (DAYS_BEFORE_MONTH[month - 1] ?? 0) + afterFebruary + day - 1;
}

/** Days from 1970-01-01 to the first of January of a year of the Gregorian calendar. */
function daysSince1970(year: number): number {
  const last = year - 1;
  const leapDays = Math.floor(last / 4) - Math.floor(last / 100) + Math.floor(last / 400) - 477;
  return (year - 1970) * 365 + leapDays;
}

/** Minutes east of UTC. The text must end behind it. */
function parseOffset(text: string, from: number): number | undefined {
  const at = text[from] === ' ' ? from + 1 : from;
  const sign = text[at];
  if (sign === 'Z' || sign === 'z') return text.length === at + 1 ? 0 : undefined;
  if (sign !== '+' && sign !== '-') return text.slice(at) === 'UTC' ? 0 : undefined;
  const hours = digits(text, at + 1, 2);
  const minutesAt = text[at + 3] === ':' ? at + 4 : at + 3;
  const minutes = text.length === at + 3 ? 0 : digits(text, minutesAt, 2);
  if (text.length !== at + 3 && text.length !== minutesAt + 2) return undefined;
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return undefined;
  return (sign === '+' ? 1 : -1) * (hours * 60 + minutes);
}

function isTimeMark(mark: string | undefined): boolean {
  return mark === 'T' || mark === 't' || mark === ' ';
}

/** Whether a text would be an instant, did it not lack its offset. */
export function lacksOffset(text: string): boolean {
  return parseInstant(text) === undefined && parseInstant(`${text}Z`) !== undefined;
}

/** A number of exactly so many digits; -1 when others are there. */
function digits(text: string, at: number, count: number): number {
  let number = 0;
  for (let index = at; index < at + count; index++) {
    const unit = text.charCodeAt(index);
    if (!isDigit(unit)) return -1;
    number = number * 10 + unit - 0x30;
  }
  return number;
}

function isDigit(unit: number): boolean {
  return unit >= 0x30 && unit <= 0x39;
}
