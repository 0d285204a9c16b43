import type { Event } from '../generated/avro/event.js';
import { isAscii } from './ascii.js';
import {
  attributeHash,
  contentHash,
  contentHashOfParts,
  type ContentParts,
} from './content-hash.js';
import { ATTRIBUTE_NAME_BYTES } from '../event-types/attribute-name.js';
import {
  END_OF_TIME_MS,
  MAX_ATTRIBUTE_BYTES,
  MAX_ATTRIBUTES,
  MAX_ID_BYTES,
} from './event-rules.js';

const WITH_TIME_ASSIGNED = 2;
/** Bytes of a number of Avro below 2^49, so that nothing is rounded on the way. */
const MAX_LONG_BYTES = 7;
const UNDERSCORE = 0x5f;
/** Branches of the union that attributes have. */
const TEXT = 0;
const DOUBLE = 2;
const BOOLEAN = 4;

/**
 * Finds the parts of an event where they lie, and makes no object and no text of them: what most events
 * need is where they count and what they add. It knows events in their usual form, checked as
 * `decodeEvent` checks them, except for the texts of project, type and subject, which who counts them
 * has checked when their bytes came first. Anything else it leaves to `decodeEvent`.
 */
export class EventScanner implements ContentParts {
  /** Where the bytes of its project, type and subject lie. */
  project = 0;
  projectEnd = 0;
  type = 0;
  typeEnd = 0;
  subject = 0;
  subjectEnd = 0;
  /** Where type and subject begin with the length of the type. */
  names = 0;
  /** Where the time begins, and so the end of the names. */
  time = 0;
  value = 0;
  attributes = 0;
  /** ms since 1970. */
  timeMs = 0;
  isValued = false;
  /** The value is unscaled / 10^scale. */
  unscaled = 0;
  scale = 0;
  /** As `contentHash`. */
  content = 0;
  private at = 0;

  /** True when the event lies there in its usual form: then all fields are those of it. */
  scan(schemaId: number, bytes: Buffer, from: number, to: number): boolean {
    this.content = 0;
    if (schemaId > WITH_TIME_ASSIGNED || schemaId < 1 || to > bytes.length) return false;
    const project = behindLength(bytes, from, to);
    const projectEnd = behindText(bytes, from, project, to);
    const id = behindLength(bytes, projectEnd, to);
    const names = behindText(bytes, projectEnd, id, to);
    const type = behindLength(bytes, names, to);
    const typeEnd = behindText(bytes, names, type, to);
    const subject = behindLength(bytes, typeEnd, to);
    const time = behindText(bytes, typeEnd, subject, to);
    if (time > to || names === id || names - id > MAX_ID_BYTES || !isAscii(bytes, id, names))
      return false;
    this.project = project;
    this.projectEnd = projectEnd;
    this.names = names;
    this.type = type;
    this.typeEnd = typeEnd;
    this.subject = subject;
    this.subjectEnd = time;
    this.time = time;
    this.timeMs = this.long(bytes, time, to);
    const value = this.at;
    if (this.timeMs < 0 || this.timeMs >= END_OF_TIME_MS || value >= to) return false;
    this.value = value;
    this.isValued = bytes[value] !== 0;
    if (this.isValued) {
      if (bytes[value] !== 2) return false;
      this.unscaled = this.long(bytes, value + 1, to);
      this.scale = this.long(bytes, this.at, to);
    } else {
      this.at = value + 1;
    }
    this.attributes = this.at;
    return this.scanRest(schemaId === WITH_TIME_ASSIGNED, bytes, to);
  }

  /** Content, time and value of what lies there and was decoded. */
  take(event: Event | undefined, bytes: Buffer, from: number, to: number): void {
    this.content = contentHash(bytes, from, to);
    this.timeMs = event?.time ?? 0;
    const value = event?.value ?? null;
    this.isValued = value !== null;
    this.unscaled = value?.unscaled ?? 0;
    this.scale = value?.scale ?? 0;
  }

  private scanRest(hasTimeAssigned: boolean, bytes: Buffer, to: number): boolean {
    let sum = 0;
    let left = this.at < to ? (bytes[this.at] ?? 0) : 1;
    // More than one block of them, or one that has its length with it, is not usual.
    if ((left & 0x81) !== 0) return false;
    this.at += 1;
    left >>>= 1;
    if (left > MAX_ATTRIBUTES) return false;
    if (left > 0) {
      for (; left > 0; left--) {
        const from = this.at;
        if (!this.skipAttribute(bytes, to)) return false;
        sum = (sum + attributeHash(bytes, from, this.at)) | 0;
      }
      if (this.at >= to || bytes[this.at] !== 0) return false;
      this.at += 1;
    }
    const isTimeAssigned = hasTimeAssigned && bytes[this.at] === 1;
    if (this.at + (hasTimeAssigned ? 1 : 0) !== to) return false;
    if (hasTimeAssigned && (bytes[this.at] ?? 2) > 1) return false;
    this.content = contentHashOfParts(bytes, this, sum, isTimeAssigned);
    return true;
  }

  private skipAttribute(bytes: Buffer, to: number): boolean {
    const name = behindLength(bytes, this.at, to);
    const branch = behindText(bytes, this.at, name, to);
    if (branch >= to || branch - name > ATTRIBUTE_NAME_BYTES) return false;
    // `__proto__` is none.
    if (name === branch || bytes[name] === UNDERSCORE || !isAscii(bytes, name, branch))
      return false;
    const value = branch + 1;
    switch (bytes[branch]) {
      case TEXT: {
        const text = behindLength(bytes, value, to);
        this.at = behindText(bytes, value, text, to);
        return (
          this.at <= to && this.at - text <= MAX_ATTRIBUTE_BYTES && isAscii(bytes, text, this.at)
        );
      }
      case DOUBLE:
        this.at = value + 8;
        return this.at <= to && Number.isFinite(bytes.readDoubleLE(value));
      case BOOLEAN:
        this.at = value + 1;
        return this.at <= to && (bytes[value] ?? 2) <= 1;
      default:
        return false;
    }
  }

  /** A number, and `at` behind it; NaN, when it is none or very large. */
  private long(bytes: Buffer, from: number, to: number): number {
    let at = from;
    let sum = 0;
    let factor = 1;
    for (const end = Math.min(to, from + MAX_LONG_BYTES); at < end; at++, factor *= 128) {
      const byte = bytes[at] ?? 0;
      sum += (byte & 0x7f) * factor;
      if (byte >= 0x80) continue;
      this.at = at + 1;
      return sum % 2 === 0 ? sum / 2 : -(sum + 1) / 2;
    }
    this.at = to;
    return Number.NaN;
  }
}

/** Behind the length of a text, of one or two bytes, as short as can be; past `to` for any other. */
function behindLength(bytes: Buffer, from: number, to: number): number {
  if (from >= to) return to + 1;
  if ((bytes[from] ?? 0) < 0x80) return from + 1;
  const second = from + 1 < to ? (bytes[from + 1] ?? 0) : 0;
  return second > 0 && second < 0x80 ? from + 2 : to + 1;
}

/** Behind the text whose length lies at `from` and whose bytes begin at `text`; past `to` without one. */
function behindText(bytes: Buffer, from: number, text: number, to: number): number {
  if (text > to) return to + 1;
  const first = bytes[from] ?? 0;
  const double = text === from + 1 ? first : (first & 0x7f) | ((bytes[from + 1] ?? 0) << 7);
  const end = text + (double >>> 1);
  return (double & 1) === 0 && end <= to ? end : to + 1;
}
