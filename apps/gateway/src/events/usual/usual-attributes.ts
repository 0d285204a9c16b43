import {
  ATTRIBUTE_NAME_BYTES,
  MAX_ATTRIBUTE_BYTES,
  MAX_ATTRIBUTES,
  writeText,
} from '@tally/contracts';
import { COLON, COMMA, NINE, OBJECT, OBJECT_END, QUOTE } from '../json-bytes.js';
import { spaceEnd } from '../json-scan.js';
import { UsualNumber } from './usual-number.js';
import { NOWHERE, standsAt, textEnd } from './usual-text.js';

const UNDERSCORE = 0x5f;
const TRUE = Buffer.from('true');
const FALSE = Buffer.from('false');
const NULL = Buffer.from('null');

/** Branches of the union that they have in Avro. */
const TEXT = 0;
const DOUBLE = 2;
const BOOLEAN = 4;
/** Of one attribute more than of its JSON: a double of one digit has 8 bytes. */
const OVERHEAD_BYTES = 8;

/** Attributes as most events have them, encoded as they are read. */
export class UsualAttributes {
  count = 0;
  /** Name, branch and value of each, as in Avro's map. */
  readonly encoded: Buffer;
  /** Bytes of them. */
  length = 0;
  /** Where the name of each begins in `encoded`. */
  private readonly names = new Int32Array(MAX_ATTRIBUTES);
  private readonly number = new UsualNumber();

  /** @param jsonBytes Longest text that is read. */
  constructor(jsonBytes: number) {
    this.encoded = Buffer.alloc(jsonBytes + (MAX_ATTRIBUTES + 1) * OVERHEAD_BYTES);
  }

  /** None. */
  clear(): void {
    this.count = this.length = 0;
  }

  /** Behind the object that begins at `from`; NOWHERE when it is not in the usual form. */
  read(bytes: Buffer, from: number, to: number): number {
    this.clear();
    if (bytes[from] !== OBJECT) return NOWHERE;
    let at = spaceEnd(bytes, from + 1, to);
    if (at < to && bytes[at] === OBJECT_END) return at + 1;
    for (;;) {
      at = this.attribute(bytes, at, to);
      if (at === NOWHERE) return NOWHERE;
      at = spaceEnd(bytes, at, to);
      if (at >= to) return NOWHERE;
      if (bytes[at] === OBJECT_END) return at + 1;
      if (bytes[at] !== COMMA) return NOWHERE;
      at = spaceEnd(bytes, at + 1, to);
    }
  }

  private attribute(bytes: Buffer, from: number, to: number): number {
    if (from >= to || bytes[from] !== QUOTE) return NOWHERE;
    const name = from + 1;
    const nameEnd = textEnd(bytes, name, to);
    const first = bytes[name] ?? 0;
    // An object has names that are numbers before all others; `__proto__` is none.
    if (nameEnd <= name || nameEnd - name > ATTRIBUTE_NAME_BYTES) return NOWHERE;
    if (first <= NINE || first === UNDERSCORE) return NOWHERE;
    const colon = spaceEnd(bytes, nameEnd + 1, to);
    if (colon >= to || bytes[colon] !== COLON) return NOWHERE;
    const value = spaceEnd(bytes, colon + 1, to);
    // Null is absent, but a name that is twice there may be so once.
    if (standsAt(bytes, value, to, NULL) || this.count === MAX_ATTRIBUTES) return NOWHERE;
    if (this.has(bytes, name, nameEnd)) return NOWHERE;
    this.names[this.count] = this.length;
    this.count += 1;
    this.length = writeText(this.encoded, this.length, bytes, name, nameEnd);
    return this.value(bytes, value, to);
  }

  private value(bytes: Buffer, from: number, to: number): number {
    const { encoded, number } = this;
    const branch = this.length;
    if (bytes[from] === QUOTE) {
      const end = textEnd(bytes, from + 1, to);
      if (end === NOWHERE || end - from - 1 > MAX_ATTRIBUTE_BYTES) return NOWHERE;
      encoded[branch] = TEXT;
      this.length = writeText(encoded, branch + 1, bytes, from + 1, end);
      return end + 1;
    }
    const isTrue = standsAt(bytes, from, to, TRUE);
    if (isTrue || standsAt(bytes, from, to, FALSE)) {
      encoded[branch] = BOOLEAN;
      encoded[branch + 1] = isTrue ? 1 : 0;
      this.length = branch + 2;
      return from + (isTrue ? TRUE : FALSE).length;
    }
    const end = number.read(bytes, from, to);
    if (end === NOWHERE) return NOWHERE;
    encoded[branch] = DOUBLE;
    this.length = encoded.writeDoubleLE(number.double, branch + 1);
    return end;
  }

  /** Whether there is one of this name already. */
  protected has(bytes: Buffer, name: number, nameEnd: number): boolean {
    const { encoded, names, count } = this;
    for (let index = 0; index < count; index++) {
      const known = names[index] ?? 0;
      // A name of at most 64 bytes has its length in one byte, or in two of which the second is 1.
      const length = nameEnd - name;
      if (encoded[known] !== ((2 * length) & 0x7f) + (length > 63 ? 0x80 : 0)) continue;
      const text = known + (length > 63 ? 2 : 1);
      // From the end: names that are alike differ there.
      let at = length - 1;
      while (at >= 0 && encoded[text + at] === bytes[name + at]) at -= 1;
      if (at < 0) return true;
    }
    return false;
  }
}
