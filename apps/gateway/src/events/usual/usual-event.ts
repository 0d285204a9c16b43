import { MAX_EVENT_TYPE_LENGTH, MAX_ID_BYTES, MAX_SUBJECT_BYTES } from '@tally/contracts';
import { COLON, COMMA, LIST_END, NEWLINE, OBJECT, OBJECT_END, QUOTE } from '../json-bytes.js';
import { spaceEnd } from '../json-scan.js';
import { UsualAttributes } from './usual-attributes.js';
import { UsualNumber } from './usual-number.js';
import { NOWHERE, standsAt, textEnd } from './usual-text.js';
import { usualTime } from './usual-time.js';

const NULL = Buffer.from('null');

/** The name of each member with its quotes. */
const ID = Buffer.from('"id"');
const TYPE = Buffer.from('"type"');
const SUBJECT = Buffer.from('"subject"');
const TIME = Buffer.from('"time"');
const VALUE = Buffer.from('"value"');
const ATTRIBUTES = Buffer.from('"attributes"');
/** A bit for each member that was there. */
const SEEN = { id: 1, type: 2, subject: 4, time: 8, value: 16, attributes: 32 } as const;
const REQUIRED = SEEN.id | SEEN.type | SEEN.subject;

/** What stands behind an event: the rest of a list, of its line, or nothing. */
export type Place = 'list' | 'line' | 'alone';

/** Longest text of one event that is read, with the white space around it. */
export const MAX_USUAL_BYTES = 8 * 1024;

/**
 * Finds the parts of an event in its JSON text, and makes no object and no text of them. It knows events
 * in their usual form: each member once and of its type, no escape, no exponent, a time in UTC. What it
 * takes is what `checkEvent` takes, but that the name of the type and the range of the time are left to
 * who knows their rules. Anything else, sound or not, it leaves to JSON.parse and `checkEvent`.
 */
export class UsualEvent {
  /** Where the bytes of its id, type and subject lie. */
  id = 0;
  idEnd = 0;
  type = 0;
  typeEnd = 0;
  subject = 0;
  subjectEnd = 0;
  hasTime = false;
  /** ms since 1970, from 1970 on. */
  timeMs = 0;
  isValued = false;
  /** The value is unscaled / 10^scale. */
  unscaled = 0;
  scale = 0;
  /** Where what follows the event is: a comma, a bracket, a line feed, or the end of all. */
  end = 0;
  private readonly number = new UsualNumber();
  private seen = 0;

  /** A test gives it other rules, to see whether they would be noticed. */
  constructor(
    readonly attributes = new UsualAttributes(MAX_USUAL_BYTES),
    private readonly maxIdBytes = MAX_ID_BYTES,
  ) {}

  /**
   * True when such an event begins at `from` or behind white space there, and is followed by what ends
   * it: then all fields are those of it. @param bytes UTF-8, all of the body.
   */
  read(bytes: Buffer, from: number, place: Place): boolean {
    const whole = place === 'list' ? from + MAX_USUAL_BYTES : endOf(bytes, from, place);
    const to = Math.min(whole, bytes.length);
    if (to - from > MAX_USUAL_BYTES) return false;
    this.seen = 0;
    this.hasTime = this.isValued = false;
    this.attributes.clear();
    let at = spaceEnd(bytes, from, to);
    if (at >= to || bytes[at] !== OBJECT) return false;
    do {
      at = this.member(bytes, spaceEnd(bytes, at + 1, to), to);
      if (at === NOWHERE) return false;
      at = spaceEnd(bytes, at, to);
    } while (at < to && bytes[at] === COMMA);
    if (at >= to || bytes[at] !== OBJECT_END || (this.seen & REQUIRED) !== REQUIRED) return false;
    this.end = spaceEnd(bytes, at + 1, to);
    if (place !== 'list') return this.end === to;
    return this.end < to && (bytes[this.end] === COMMA || bytes[this.end] === LIST_END);
  }

  /** Behind the member whose name begins at `from`. */
  private member(bytes: Buffer, from: number, to: number): number {
    switch (from + 1 < to ? bytes[from + 1] : undefined) {
      case 0x69: // i
        return this.idText(bytes, this.valueOf(bytes, from, to, ID, SEEN.id), to);
      case 0x73: // s
        return this.subjectText(bytes, this.valueOf(bytes, from, to, SUBJECT, SEEN.subject), to);
      case 0x74: // t
        return bytes[from + 2] === 0x79
          ? this.typeText(bytes, this.valueOf(bytes, from, to, TYPE, SEEN.type), to)
          : this.time(bytes, this.valueOf(bytes, from, to, TIME, SEEN.time), to);
      case 0x76: // v
        return this.value(bytes, this.valueOf(bytes, from, to, VALUE, SEEN.value), to);
      case 0x61: {
        const value = this.valueOf(bytes, from, to, ATTRIBUTES, SEEN.attributes);
        if (isNull(bytes, value, to)) return value + NULL.length;
        return value === NOWHERE ? NOWHERE : this.attributes.read(bytes, value, to);
      }
      default:
        return NOWHERE;
    }
  }

  /** Where the value begins of the member of this name, which has to be there for the first time. */
  private valueOf(bytes: Buffer, from: number, to: number, name: Uint8Array, bit: number): number {
    if ((this.seen & bit) !== 0 || !standsAt(bytes, from, to, name)) return NOWHERE;
    this.seen |= bit;
    const colon = spaceEnd(bytes, from + name.length, to);
    if (colon >= to || bytes[colon] !== COLON) return NOWHERE;
    const value = spaceEnd(bytes, colon + 1, to);
    return value < to ? value : NOWHERE;
  }

  private idText(bytes: Buffer, from: number, to: number): number {
    const end = stringEnd(bytes, from, to, this.maxIdBytes);
    this.id = from + 1;
    this.idEnd = end;
    return end === NOWHERE ? NOWHERE : end + 1;
  }

  private typeText(bytes: Buffer, from: number, to: number): number {
    const end = stringEnd(bytes, from, to, MAX_EVENT_TYPE_LENGTH);
    this.type = from + 1;
    this.typeEnd = end;
    return end === NOWHERE ? NOWHERE : end + 1;
  }

  private subjectText(bytes: Buffer, from: number, to: number): number {
    const end = stringEnd(bytes, from, to, MAX_SUBJECT_BYTES);
    this.subject = from + 1;
    this.subjectEnd = end;
    return end === NOWHERE ? NOWHERE : end + 1;
  }

  private time(bytes: Buffer, from: number, to: number): number {
    if (isNull(bytes, from, to)) return from + NULL.length;
    const end = stringEnd(bytes, from, to, MAX_USUAL_BYTES);
    if (end === NOWHERE) return NOWHERE;
    this.hasTime = true;
    this.timeMs = usualTime(bytes, from + 1, end);
    return this.timeMs === NOWHERE ? NOWHERE : end + 1;
  }

  private value(bytes: Buffer, from: number, to: number): number {
    if (from === NOWHERE) return NOWHERE;
    if (isNull(bytes, from, to)) return from + NULL.length;
    const { number } = this;
    const end = number.read(bytes, from, to);
    if (end === NOWHERE || !number.isValue) return NOWHERE;
    this.isValued = true;
    this.unscaled = number.unscaled;
    this.scale = number.scale;
    return end;
  }
}

/** Where what an event stands alone in ends: its line, or all. */
function endOf(bytes: Buffer, from: number, place: 'line' | 'alone'): number {
  const newline = place === 'line' ? bytes.indexOf(NEWLINE, from) : NOWHERE;
  return newline === NOWHERE ? bytes.length : newline;
}

/** At the quote that ends the string whose first one is at `from`; it has 1 to `maxBytes`. */
function stringEnd(bytes: Buffer, from: number, to: number, maxBytes: number): number {
  if (from === NOWHERE || bytes[from] !== QUOTE) return NOWHERE;
  const end = textEnd(bytes, from + 1, to);
  return end > from + 1 && end - from - 1 <= maxBytes ? end : NOWHERE;
}

function isNull(bytes: Buffer, from: number, to: number): boolean {
  return from !== NOWHERE && standsAt(bytes, from, to, NULL);
}
