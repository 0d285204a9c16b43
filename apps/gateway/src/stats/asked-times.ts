import { DAY_MS, HOUR_MS } from '@tally/contracts';
import { quoted } from '../events/rejection.js';
import type { ParameterReader } from '../http/parameter-reader.js';
import { after, before } from './duration.js';
import { isoText, LAST_INSTANT_MS } from './iso-text.js';
import { hintOn, parseTime, TIME_FORMS, type TimeText } from './time-text.js';

/** From inclusive, to exclusive; ms since 1970. */
export interface TimeRange {
  readonly fromMs: number;
  readonly toMs: number;
}

const DEFAULT_LENGTH: TimeText = { kind: 'length', duration: { months: 0, ms: DAY_MS } };

/** `from` and `to` as they were asked, or the 24 hours before `to`, or now. Undefined with a problem. */
export function readTimes(reader: ParameterReader, nowMs: number): TimeRange | undefined {
  const from = readTime(reader, 'from', nowMs);
  const to = readTime(reader, 'to', nowMs);
  if (from === 'refused' || to === 'refused') return undefined;
  const range = rangeOf(from ?? DEFAULT_LENGTH, to ?? { kind: 'instant', ms: nowMs });
  if (range === undefined) {
    reader.refuse(
      `expected from or to to be an instant where the other is a length, got two lengths: ` +
        'from=-7d is a time from now',
    );
    return undefined;
  }
  const { toMs } = range;
  // Nobody asked for a day before 1970 by leaving it out.
  const fromMs = from === undefined ? Math.max(0, range.fromMs) : range.fromMs;
  const isFrom = isWithin(reader, 'from', fromMs);
  const isTo = isWithin(reader, 'to', toMs);
  if (!isFrom || !isTo) return undefined;
  if (fromMs < toMs) return { fromMs, toMs };
  const hint = fromMs === toMs ? ': to is exclusive, so a day ends with the date of the next' : '';
  reader.refuse(`expected from before to, got ${isoText(fromMs)} and ${isoText(toMs)}${hint}`);
  return undefined;
}

function readTime(
  reader: ParameterReader,
  name: 'from' | 'to',
  nowMs: number,
): TimeText | undefined | 'refused' {
  const text = reader.one(name);
  if (text === undefined || text.trim() === '') return undefined;
  const time = parseTime(text, nowMs);
  if (time !== undefined) return time;
  reader.refuse(`expected ${name} to be ${TIME_FORMS}, got ${quoted(text)}${hintOn(text)}`);
  return 'refused';
}

/** Undefined for two lengths, which say of each other how far they are. */
function rangeOf(from: TimeText, to: TimeText): TimeRange | undefined {
  if (from.kind === 'instant')
    return { fromMs: from.ms, toMs: to.kind === 'instant' ? to.ms : after(from.ms, to.duration) };
  if (to.kind === 'length') return undefined;
  return { fromMs: before(to.ms, from.duration), toMs: to.ms };
}

function isWithin(reader: ParameterReader, name: 'from' | 'to', ms: number): boolean {
  if (ms >= 0 && ms <= LAST_INSTANT_MS) return true;
  const got = Math.abs(ms) < LAST_INSTANT_MS + HOUR_MS ? `, got ${isoText(ms)}` : '';
  reader.refuse(`expected ${name} from 1970 to the end of 9999${got}`);
  return false;
}
