import { quoted } from '@tally/client';

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** `Z`, or an offset like `+02:00`. */
export type Zone = 'Z' | `${'+' | '-'}${string}`;

/** A time as the gateway takes it, or what was expected instead. */
export type EventTime =
  | { readonly kind: 'time'; readonly text: string }
  | { readonly kind: 'problem'; readonly expected: string };

/** Year first, or day.month.year, which nobody reads otherwise. */
const DATED =
  /^(?:(\d{4})([-/])(\d\d)\2(\d\d)|(\d{1,2})\.(\d{1,2})\.(\d{4})),?[Tt ](\d\d:\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?\s?(?:(?:([Zz]|UTC|GMT)|([+-]\d\d)(?::?(\d\d))?)(?:\[!?[\w+\-/]+\])?)?$/;
/** Wed, 04 Mar 2026 10:00:00 +0100, as mails and HTTP have it. */
const MAILED =
  /^(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), )?(\d{1,2}) ([A-Z][a-z]{2}) (\d{4}) (\d\d):(\d\d):(\d\d) (?:UTC|GMT|([+-])(\d\d)(\d\d))$/;
/** 10/Oct/2000:13:55:36 -0700, in JSON also with the brackets that stand around it elsewhere. */
const LOGGED =
  /^\[?(\d\d)\/([A-Z][a-z]{2})\/(\d{4}):(\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))? ?([+-])(\d\d):?(\d\d)\]?$/;
const CANONICAL =
  /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:Z|([+-])(\d\d):(\d\d))$/;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const EPOCH = /^(\d{9,19})(?:\.(\d{1,9}))?$/;
/** Digits of seconds (to the year 2286), of milli-, micro- and nanoseconds since 2001. */
const EPOCH_DIGITS = new Map([
  [9, 0],
  [10, 0],
  [11, 0],
  [13, 3],
  [16, 6],
  [19, 9],
]);

/** Undefined when it is none. */
export function parseZone(text: string): Zone | undefined {
  if (/^(?:Z|UTC|GMT)$/i.test(text)) return 'Z';
  const [, sign, hours, minutes = '00'] = /^([+-])(\d\d)(?::?(\d\d))?$/.exec(text) ?? [];
  return hours === undefined
    ? undefined
    : (`${sign === '-' ? '-' : '+'}${hours}:${minutes}` as const);
}

/**
 * A time as files have it: a date with a time of day, with `T` or a space between them, that of an access
 * log or of a mail, or seconds, milli-, micro- or nanoseconds since 1970. Whether the day exists is for the gateway to
 * say. Digits that could be a date (`20260131`, `202601311200`) are refused rather than taken for seconds.
 */
export function eventTimeOf(text: string, zone: Zone | undefined): EventTime {
  const trimmed = text.trim();
  const dated = DATED.exec(trimmed);
  if (dated !== null) return datedTime(dated, text, zone);
  const instant = logInstant(trimmed) ?? mailedInstant(trimmed) ?? epochInstant(trimmed);
  if (instant !== undefined) return { kind: 'time', text: new Date(instant).toISOString() };
  return problem('expected 2026-01-31T12:00:00Z, or seconds or milliseconds since 1970', text);
}

/** The same in ms since 1970; what is finer is cut off, as in Tally. A sentence when there is no such time. */
export function instantOf(text: string, zone: Zone | undefined): number | string {
  const time = eventTimeOf(text, zone);
  if (time.kind === 'problem') return time.expected;
  const parts = CANONICAL.exec(time.text) ?? [];
  const [, year, month, day, hour, minute, second, fraction, sign, hours, minutes] = parts;
  const date = [Number(year), Number(month) - 1, Number(day)] as const;
  const clock = [Number(hour), Number(minute), Number(second)] as const;
  return (
    instantAt(date, clock, fraction, [sign, Number(hours ?? 0), Number(minutes ?? 0)]) ??
    `no such time: ${quoted(text)}`
  );
}

/** The time of an access log, `10/Oct/2000:13:55:36 -0700`, in ms since 1970; undefined when it is none. */
export function logInstant(text: string): number | undefined {
  const [, day, month = '', year, hour, minute, second, fraction, sign, hours, minutes] =
    LOGGED.exec(text) ?? [];
  return instantAt(
    [Number(year), MONTHS.indexOf(month), Number(day)],
    [Number(hour), Number(minute), Number(second)],
    fraction,
    [sign, Number(hours), Number(minutes)],
  );
}

function mailedInstant(text: string): number | undefined {
  const [, day, month = '', year, hour, minute, second, sign, hours = 0, minutes = 0] =
    MAILED.exec(text) ?? [];
  return instantAt(
    [Number(year), MONTHS.indexOf(month), Number(day)],
    [Number(hour), Number(minute), Number(second)],
    undefined,
    [sign, Number(hours), Number(minutes)],
  );
}

function datedTime(dated: RegExpExecArray, text: string, zone: Zone | undefined): EventTime {
  const [, year, , month, day, dayFirst = '', monthSecond = '', yearLast] = dated;
  const [minutes, seconds = '00', fraction, utc, hours, rest = '00'] = dated.slice(8);
  const offset = utc === undefined ? (hours === undefined ? zone : `${hours}:${rest}`) : 'Z';
  if (offset === undefined)
    return problem(`expected a time with an offset, or --zone for those without`, text);
  const date =
    year === undefined
      ? `${yearLast}-${monthSecond.padStart(2, '0')}-${dayFirst.padStart(2, '0')}`
      : `${year}-${month}-${day}`;
  const digits = fraction === undefined ? '' : `.${fraction}`;
  return { kind: 'time', text: `${date}T${minutes}:${seconds}${digits}${offset}` };
}

function epochInstant(text: string): number | undefined {
  const [, whole, fraction = ''] = EPOCH.exec(text) ?? [];
  const shift = whole === undefined ? undefined : EPOCH_DIGITS.get(whole.length);
  if (whole === undefined || shift === undefined) return undefined;
  const seconds = whole.slice(0, whole.length - shift);
  // As text: a double would round what is to be cut off.
  const finer = `${whole.slice(seconds.length)}${fraction}`.padEnd(3, '0').slice(0, 3);
  return Number(seconds) * SECOND_MS + Number(finer);
}

function instantAt(
  [year, month, day]: readonly [number, number, number],
  [hour, minute, second]: readonly [number, number, number],
  fraction: string | undefined,
  [sign, hours, minutes]: readonly [string | undefined, number, number],
): number | undefined {
  const midnight = new Date(Date.UTC(year, month, day));
  // 31 February would be a day of March; a month that is not known, one of the year before.
  if (month < 0 || midnight.getUTCDate() !== day || midnight.getUTCFullYear() !== year)
    return undefined;
  if (hour > 23 || minute > 59 || second > 60 || hours > 23 || minutes > 59) return undefined;
  const offset = (sign === '-' ? -1 : 1) * (hours * 60 + minutes);
  const ms = fraction === undefined ? 0 : Number(fraction.padEnd(3, '0').slice(0, 3));
  const minuteMs = midnight.getTime() + (hour * 60 + minute - offset) * MINUTE_MS;
  if (second < 60) return minuteMs + second * SECOND_MS + ms;
  // A leap second is the last millisecond of its minute, and ends a month, as it does to the gateway.
  const next = new Date(minuteMs + MINUTE_MS);
  const isEndOfMonth = next.getUTCDate() === 1 && next.getTime() % DAY_MS === 0;
  return isEndOfMonth ? next.getTime() - 1 : undefined;
}

function problem(expected: string, text: string): EventTime {
  return { kind: 'problem', expected: `${expected}, got ${quoted(text)}` };
}
