const MOST_BYTES = 8;

/** Bytes of a whole number from 0 below 2^53 as `writeVarint` writes it. */
export function varintBytes(value: number): number {
  let bytes = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes += 1;
  return bytes;
}

/** Writes a whole number from 0 below 2^53: seven bits in a byte, the lowest first. Returns the end. */
export function writeVarint(bytes: Buffer, at: number, value: number): number {
  let rest = value;
  let end = at;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes[end++] = (rest & 0x7f) | 0x80;
  bytes[end++] = rest;
  return end;
}

/** Walks over the bytes of sketches, which may come from anywhere. RangeError for what is none. */
export class SketchReader {
  constructor(
    private readonly bytes: Buffer,
    public at: number,
  ) {}

  byte(): number {
    const byte = this.bytes[this.at];
    if (byte === undefined) throw malformed('an end in the middle');
    this.at += 1;
    return byte;
  }

  /** A whole number below 2^53, in as few bytes as can be: of one sketch there are no two texts. */
  varint(): number {
    let value = 0;
    let factor = 1;
    for (let read = 0; read < MOST_BYTES; read++) {
      const byte = this.byte();
      value += (byte & 0x7f) * factor;
      if (byte >= 0x80) {
        factor *= 0x80;
        continue;
      }
      if (byte === 0 && read > 0) throw malformed('a number with a zero at its end');
      if (!Number.isSafeInteger(value)) break;
      return value;
    }
    throw malformed('a number of more than 53 bits');
  }

  /** As many bytes, in the memory of all. */
  take(length: number): Buffer {
    if (length > this.bytes.length - this.at) throw malformed('an end in the middle');
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }
}

/** The sum of two counts; RangeError where a double does not hold it. */
export function addCounts(one: number, other: number): number {
  const sum = one + other;
  if (!Number.isSafeInteger(sum)) throw malformed('more than 2^53 events');
  return sum;
}

export function malformed(what: string): RangeError {
  return new RangeError(`expected a sketch, got ${what}`);
}
