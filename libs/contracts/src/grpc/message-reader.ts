const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;
/** Sevens of bits that a double holds in any case. */
const SAFE_BYTES = 7;
const MOST_BYTES = 10;

/** The fields of one protobuf message, one by one, as they come: `next`, then one of the others. */
export class MessageReader {
  /** Number of the field that `next` came to. */
  field = 0;
  private wireType = VARINT;
  private at = 0;

  constructor(private readonly message: Buffer) {}

  /** False at the end. RangeError here and below for what is no message, or a field of another type. */
  next(): boolean {
    if (this.at === this.message.length) return false;
    const tag = this.length();
    this.field = Math.floor(tag / 8);
    this.wireType = tag % 8;
    return true;
  }

  /** Shares memory with the message. */
  bytes(): Buffer {
    this.expect(BYTES);
    const length = this.length();
    const from = this.at;
    this.advance(length);
    return this.message.subarray(from, this.at);
  }

  int64(): string {
    this.expect(VARINT);
    const value = this.varint();
    return typeof value === 'number' ? String(value) : BigInt.asIntN(64, value).toString();
  }

  uint64(): string {
    this.expect(VARINT);
    return this.varint().toString();
  }

  sint64(): string {
    this.expect(VARINT);
    const value = this.varint();
    if (typeof value === 'number') return String(value % 2 === 0 ? value / 2 : -(value + 1) / 2);
    return String((value & 1n) === 0n ? value >> 1n : -((value + 1n) >> 1n));
  }

  /** Of a repeated field: one, or packed all of them. */
  uint32s(): number[] {
    if (this.wireType === VARINT) return [Number(this.uint64())];
    const packed = new MessageReader(this.bytes());
    const all: number[] = [];
    while (packed.at < packed.message.length) all.push(packed.length());
    return all;
  }

  skip(): void {
    if (this.wireType === VARINT) this.varint();
    else if (this.wireType === BYTES) this.advance(this.length());
    else if (this.wireType === FIXED64) this.advance(8);
    else if (this.wireType === FIXED32) this.advance(4);
    else throw malformed(`wire type ${this.wireType}`);
  }

  private expect(wireType: number): void {
    if (this.wireType !== wireType)
      throw malformed(`field ${this.field} of wire type ${this.wireType}`);
  }

  private advance(bytes: number): void {
    if (bytes > this.message.length - this.at) throw malformed('an end in the middle of a field');
    this.at += bytes;
  }

  private length(): number {
    const value = this.varint();
    if (typeof value !== 'number') throw malformed(`a length of ${value}`);
    return value;
  }

  /** A bigint only where a double may not hold it. */
  private varint(): number | bigint {
    let value = 0;
    let factor = 1;
    for (let read = 0; read < SAFE_BYTES; read++) {
      const byte = this.byte();
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
      factor *= 0x80;
    }
    let large = BigInt(value);
    for (let read = SAFE_BYTES; read < MOST_BYTES; read++) {
      const byte = this.byte();
      large += BigInt(byte & 0x7f) << BigInt(7 * read);
      if (byte < 0x80) return BigInt.asUintN(64, large);
    }
    throw malformed('a number of more than ten bytes');
  }

  private byte(): number {
    const byte = this.message[this.at];
    if (byte === undefined) throw malformed('an end in the middle of a number');
    this.at += 1;
    return byte;
  }
}

function malformed(what: string): RangeError {
  return new RangeError(`expected a protobuf message, got ${what}`);
}
