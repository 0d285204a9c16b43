import { TextCache } from './text-cache.js';

/** Bits of four bytes of a number. */
const HALF_BITS = 28;
const MAGNITUDE_BOUND = 2 ** 52;
/** What a decoder puts where bytes are not UTF-8; a text may hold it too. */
const REPLACEMENT = '\ufffd';
const NUL = '\0';

/**
 * Reads the primitive values of Avro's binary encoding (Avro 1.12) out of bytes that anybody may have
 * written. The first thing that is wrong breaks it: nothing is left to read then, and what it returns
 * means nothing. It never reads outside its bytes, and never does more work than they are long.
 */
export class AvroCursor {
  private readonly texts = new TextCache();
  private bytes: Buffer = Buffer.alloc(0);
  private at = 0;
  private end = 0;
  private broken = false;

  /** Begins at `from`; what lies at `to` and behind is not read. */
  open(bytes: Buffer, from: number, to: number): void {
    this.bytes = bytes;
    this.at = from;
    this.end = Math.min(to, bytes.length);
    this.broken = from > this.end;
  }

  /** True once bytes were found that cannot be read. */
  get isBroken(): boolean {
    return this.broken;
  }

  /** Whether all was read, and all of it was sound. */
  get isDone(): boolean {
    return !this.broken && this.at === this.end;
  }

  /** Bytes that are left. */
  get left(): number {
    return this.end - this.at;
  }

  /** Where the next value begins. */
  get position(): number {
    return this.at;
  }

  /** Nothing more is read. */
  breakOff(): void {
    this.broken = true;
    this.at = this.end;
  }

  /** A number of 64 bits, of which those from -2^52 to 2^52 - 1 are read. */
  long(): number {
    const first = this.at < this.end ? (this.bytes[this.at] ?? 0) : 0x80;
    if (first >= 0x80) return this.longOfMany();
    this.at += 1;
    return (first >>> 1) ^ -(first & 1);
  }

  private longOfMany(): number {
    const { bytes, end } = this;
    let at = this.at;
    let low = 0;
    for (let bits = 0; bits < HALF_BITS; bits += 7, at++) {
      const byte = at < end ? (bytes[at] ?? 0) : 0x80;
      low |= (byte & 0x7f) << bits;
      if (byte >= 0x80) continue;
      this.at = at + 1;
      return (low >>> 1) ^ -(low & 1);
    }
    let high = 0;
    for (let bits = 0; bits < HALF_BITS; bits += 7, at++) {
      const byte = at < end ? (bytes[at] ?? 0) : 0x80;
      high |= (byte & 0x7f) << bits;
      if (byte >= 0x80) continue;
      const magnitude = high * 2 ** (HALF_BITS - 1) + (low >>> 1);
      if (magnitude >= MAGNITUDE_BOUND) break;
      this.at = at + 1;
      return (low & 1) === 0 ? magnitude : -magnitude - 1;
    }
    this.breakOff();
    return 0;
  }

  /** A number of 32 bits. */
  int(): number {
    const value = this.long();
    if (value !== (value | 0)) this.breakOff();
    return value;
  }

  boolean(): boolean {
    const byte = this.at < this.end ? this.bytes[this.at] : undefined;
    if (byte === undefined || byte > 1) this.breakOff();
    else this.at += 1;
    return byte === 1;
  }

  /** A finite one. */
  double(): number {
    if (this.left < 8) {
      this.breakOff();
      return 0;
    }
    const value = this.bytes.readDoubleLE(this.at);
    this.at += 8;
    if (!Number.isFinite(value)) this.breakOff();
    return value;
  }

  /** A text of well-formed UTF-8, of at most `maxBytes`, without NUL. */
  string(maxBytes: number): string {
    const length = this.long();
    const from = this.at;
    const to = from + length;
    if (length < 0 || length > maxBytes || to > this.end) {
      this.breakOff();
      return '';
    }
    this.at = to;
    const ascii = this.texts.ascii(this.bytes, from, to);
    if (ascii !== undefined) return ascii;
    const text = this.bytes.toString('utf8', from, to);
    if (text.includes(NUL) || (text.includes(REPLACEMENT) && !this.holds(text, from, to)))
      this.breakOff();
    return text;
  }

  /** Goes behind a text, whatever its bytes are. */
  skipString(): void {
    const to = this.long() + this.at;
    if (to < this.at || to > this.end) this.breakOff();
    else this.at = to;
  }

  /** Whether the text has just these bytes; otherwise some of them were no UTF-8 and replaced. */
  private holds(text: string, from: number, to: number): boolean {
    return Buffer.from(text).equals(this.bytes.subarray(from, to));
  }
}
