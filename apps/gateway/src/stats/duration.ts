import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '@tally/contracts';

/** A length of time: months of the calendar, and what is always as long. */
export interface Duration {
  readonly months: number;
  readonly ms: number;
}

/** ISO 8601; years and months, weeks, days; then hours, minutes, seconds. */
const ISO =
  /^P(?=\d|T\d)(?:(\d{1,9})Y)?(?:(\d{1,9})M)?(?:(\d{1,9})W)?(?:(\d{1,9})D)?(?:T(?=\d)(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9}(?:[.,]\d{1,9})?)S)?)?$/i;
const SHORT = /^(\d{1,9}) ?([a-z]+)$/i;

const UNITS: ReadonlyMap<string, Duration> = new Map(
  [
    { names: ['s', 'sec', 'second', 'seconds'], months: 0, ms: SECOND_MS },
    { names: ['m', 'min', 'minute', 'minutes'], months: 0, ms: MINUTE_MS },
    { names: ['h', 'hour', 'hours'], months: 0, ms: HOUR_MS },
    { names: ['d', 'day', 'days'], months: 0, ms: DAY_MS },
    { names: ['w', 'week', 'weeks'], months: 0, ms: 7 * DAY_MS },
    { names: ['mo', 'month', 'months'], months: 1, ms: 0 },
    { names: ['y', 'year', 'years'], months: 12, ms: 0 },
  ].flatMap(({ names, months, ms }) => names.map((name) => [name, { months, ms }] as const)),
);

/** `7d`, `6 hours`, `P7D`, `PT6H`; undefined for any other text, and for a length of nothing. */
export function parseDuration(text: string): Duration | undefined {
  const duration = parseIso(text) ?? parseShort(text);
  return duration !== undefined && duration.months + duration.ms > 0 ? duration : undefined;
}

/** So much before an instant, in ms since 1970; a day that the month lacks is its last one. */
export function before(ms: number, duration: Duration): number {
  return shifted(ms - duration.ms, -duration.months);
}

/** So much after an instant. */
export function after(ms: number, duration: Duration): number {
  return shifted(ms + duration.ms, duration.months);
}

function parseIso(text: string): Duration | undefined {
  const found = ISO.exec(text);
  if (found === null) return undefined;
  const [years = 0, months = 0, weeks = 0, days = 0, hours = 0, minutes = 0, seconds = 0] = found
    .slice(1)
    .map((digits: string | undefined) => Number((digits ?? '0').replace(',', '.')));
  return {
    months: years * 12 + months,
    ms:
      (weeks * 7 + days) * DAY_MS +
      hours * HOUR_MS +
      minutes * MINUTE_MS +
      Math.round(seconds * SECOND_MS),
  };
}

function parseShort(text: string): Duration | undefined {
  const [, digits = '', name = ''] = SHORT.exec(text) ?? [];
  // A month to some, a minute to others.
  const unit = name === 'M' ? undefined : UNITS.get(name.toLowerCase());
  if (unit === undefined) return undefined;
  const count = Number(digits);
  return { months: count * unit.months, ms: count * unit.ms };
}

/** NaN beyond what a date holds. */
function shifted(ms: number, months: number): number {
  if (months === 0) return ms;
  const date = new Date(ms);
  const day = date.getUTCDate();
  date.setUTCMonth(date.getUTCMonth() + months);
  // The day was not there, and the date ran over into the next month.
  if (date.getUTCDate() !== day) date.setUTCDate(0);
  return date.getTime();
}
