const VARINT = 0;
const BYTES = 2;
/** Of a tag, a length or a number. */
const MOST_VARINT_BYTES = 10;

/** The fields of protobuf messages as bytes, one behind the other, as MessageReader reads them. */
export class MessageWriter {
  private bytes: Buffer;
  private at = 0;

  /** `size`: room to begin with, in bytes; more is made when it is needed. */
  constructor(size = 1024) {
    this.bytes = Buffer.allocUnsafe(size);
  }

  /** What was written. Nothing may be written afterwards. */
  finish(): Buffer {
    return this.bytes.subarray(0, this.at);
  }

  /** Of a field `int64`, `uint64` or `bool`; 0 too is written. */
  integer(field: number, value: number | bigint): void {
    this.tag(field, VARINT);
    this.varint(value);
  }

  /** Of a field `sint64`: small where the number is near 0, whatever its sign. */
  sint64(field: number, value: bigint): void {
    this.integer(field, value < 0n ? -2n * value - 1n : 2n * value);
  }

  /** Of a field `string`, in Latin-1 as digits are. */
  latin1(field: number, text: string): void {
    this.begin(field, text.length);
    this.need(text.length);
    this.at += this.bytes.write(text, this.at, 'latin1');
  }

  /** Of a field `bytes` or `string`, or a message. */
  block(field: number, block: Buffer): void {
    this.begin(field, block.length);
    this.part(block);
  }

  /** Some of the bytes of a field that was begun. */
  part(bytes: Buffer): void {
    this.need(bytes.length);
    this.at += bytes.copy(this.bytes, this.at);
  }

  /** Tag and length of a field whose bytes follow. */
  begin(field: number, length: number): void {
    this.tag(field, BYTES);
    this.varint(length);
  }

  /** A message of at most 127 bytes; `write` writes its fields. */
  short(field: number, write: () => void): void {
    this.tag(field, BYTES);
    this.need(1);
    const lengthAt = this.at++;
    write();
    this.bytes.writeInt8(this.at - lengthAt - 1, lengthAt);
  }

  private tag(field: number, wireType: number): void {
    this.varint(field * 8 + wireType);
  }

  private varint(value: number | bigint): void {
    this.need(MOST_VARINT_BYTES);
    let rest = Number(value);
    if (!Number.isSafeInteger(rest) || rest < 0) return this.longVarint(BigInt(value));
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80))
      this.bytes[this.at++] = (rest & 0x7f) | 0x80;
    this.bytes[this.at++] = rest;
  }

  /** Of a number that a double may not hold, or below 0. */
  private longVarint(value: bigint): void {
    let rest = BigInt.asUintN(64, value);
    for (; rest >= 0x80n; rest >>= 7n) this.bytes[this.at++] = Number(rest & 0x7fn) | 0x80;
    this.bytes[this.at++] = Number(rest);
  }

  private need(bytes: number): void {
    if (this.at + bytes <= this.bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(2 * this.bytes.length, this.at + bytes));
    this.bytes.copy(larger, 0, 0, this.at);
    this.bytes = larger;
  }
}
