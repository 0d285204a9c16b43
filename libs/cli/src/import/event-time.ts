import { quoted } from '@tally/client';

/** `Z`, or an offset like `+02:00`. */
export type Zone = 'Z' | `${'+' | '-'}${string}`;

/** A time as the gateway takes it, or what was expected instead. */
export type EventTime =
  | { readonly kind: 'time'; readonly text: string }
  | { readonly kind: 'problem'; readonly expected: string };

const ISO =
  /^(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?\s?(?:([Zz])|([+-]\d\d):?(\d\d))?$/;
const EPOCH = /^\d{9,13}(?:\.\d{1,9})?$/;
/** Seconds below are years to 5138; milliseconds from here on begin in 2001. */
const SECONDS_BELOW = 1e11;
const MILLISECONDS_FROM = 1e12;

/** Undefined when it is none. */
export function parseZone(text: string): Zone | undefined {
  return /^(?:Z|[+-]\d\d:\d\d)$/.test(text) ? (text as Zone) : undefined;
}

/**
 * A time as files have it: a date with a time of day, with `T` or a space between them, or seconds
 * or milliseconds since 1970. Whether the day exists is for the gateway to say. Digits that could be
 * a date (`20260131`, `202601311200`) are refused rather than taken for seconds.
 */
export function eventTimeOf(text: string, zone: Zone | undefined): EventTime {
  const trimmed = text.trim();
  const [all, date, minutes, seconds = '00', fraction, utc, hours, rest] = ISO.exec(trimmed) ?? [];
  if (all !== undefined) {
    const offset = utc === undefined ? (hours === undefined ? zone : `${hours}:${rest}`) : 'Z';
    if (offset === undefined)
      return problem(`expected a time with an offset, or --zone for those without`, text);
    const digits = fraction === undefined ? '' : `.${fraction}`;
    return { kind: 'time', text: `${date}T${minutes}:${seconds}${digits}${offset}` };
  }
  const number = EPOCH.test(trimmed) ? Number(trimmed) : NaN;
  const ms = number < SECONDS_BELOW ? number * 1000 : number;
  if (number < SECONDS_BELOW || number >= MILLISECONDS_FROM)
    return { kind: 'time', text: new Date(Math.round(ms)).toISOString() };
  return problem('expected 2026-01-31T12:00:00Z, or seconds or milliseconds since 1970', text);
}

function problem(expected: string, text: string): EventTime {
  return { kind: 'problem', expected: `${expected}, got ${quoted(text)}` };
}
