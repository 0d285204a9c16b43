import { isUtf8 } from 'node:buffer';
import { MalformedFrame } from './malformed-frame.js';

/**
 * Most elements of all arrays of one frame, nested ones too. Requests of real clients name some
 * thousand partitions; a large frame of tiny elements must not become many times its size in objects.
 */
const MAX_ELEMENTS = 100_000;

/**
 * Reads the primitive types of the Kafka protocol (kafka.apache.org/protocol, "Protocol Primitive
 * Types") from one frame. All numbers are big-endian. Bytes are views of the frame, not copies.
 * Every method throws MalformedFrame instead of reading past the end.
 */
export class WireReader {
  private at = 0;
  private elementsLeft = MAX_ELEMENTS;

  constructor(private readonly frame: Buffer) {}

  get remaining(): number {
    return this.frame.length - this.at;
  }

  int8(): number {
    return this.frame.readInt8(this.advance(1));
  }

  int16(): number {
    return this.frame.readInt16BE(this.advance(2));
  }

  int32(): number {
    return this.frame.readInt32BE(this.advance(4));
  }

  int64(): bigint {
    return this.frame.readBigInt64BE(this.advance(8));
  }

  boolean(): boolean {
    return this.int8() !== 0;
  }

  /** UTF-8 behind an int16 length. */
  string(): string {
    const value = this.nullableString();
    if (value === null) throw new MalformedFrame('expected a string, got null');
    return value;
  }

  nullableString(): string | null {
    const length = this.int16();
    return length === -1 ? null : this.text(length);
  }

  /** Bytes behind an int32 length. */
  bytes(): Buffer {
    const value = this.nullableBytes();
    if (value === null) throw new MalformedFrame('expected bytes, got null');
    return value;
  }

  nullableBytes(): Buffer | null {
    const length = this.int32();
    return length === -1 ? null : this.take(length);
  }

  /** Elements behind an int32 length; they are read one by one, so a wrong length allocates nothing. */
  array<T>(element: (reader: this) => T): T[] {
    const value = this.nullableArray(element);
    if (value === null) throw new MalformedFrame('expected an array, got null');
    return value;
  }

  nullableArray<T>(element: (reader: this) => T): T[] | null {
    const length = this.int32();
    return length === -1 ? null : this.elements(length, element);
  }

  /** Elements behind an unsigned varint of their number + 1 (flexible versions). */
  compactArray<T>(element: (reader: this) => T): T[] {
    return this.elements(this.unsignedVarint() - 1, element);
  }

  nullableCompactArray<T>(element: (reader: this) => T): T[] | null {
    const length = this.unsignedVarint() - 1;
    return length === -1 ? null : this.elements(length, element);
  }

  nullableCompactString(): string | null {
    const length = this.unsignedVarint() - 1;
    return length === -1 ? null : this.text(length);
  }

  /** Base-128, least significant group first, at most 5 bytes. */
  unsignedVarint(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.frame.readUInt8(this.advance(1));
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw new MalformedFrame('varint of more than 5 bytes');
  }

  /** Zigzag varint of 32 bits. */
  varint(): number {
    const value = this.unsignedVarint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  /** Zigzag varint of 64 bits, at most 10 bytes. */
  varlong(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.frame.readUInt8(this.advance(1));
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asIntN(64, (value >> 1n) ^ -(value & 1n));
    }
    throw new MalformedFrame('varint of more than 10 bytes');
  }

  /** UTF-8 behind an unsigned varint of its length + 1 (flexible versions). */
  compactString(): string {
    return this.text(this.unsignedVarint() - 1);
  }

  /** Skips the tagged fields at the end of a structure of a flexible version. */
  skipTags(): void {
    const tags = this.unsignedVarint();
    for (let index = 0; index < tags; index++) {
      this.unsignedVarint();
      this.take(this.unsignedVarint());
    }
  }

  /** The next `length` bytes, not copied. */
  take(length: number): Buffer {
    const start = this.advance(length);
    return this.frame.subarray(start, start + length);
  }

  private elements<T>(length: number, element: (reader: this) => T): T[] {
    if (length < 0 || length > this.elementsLeft || length > this.remaining) {
      throw new MalformedFrame(
        `array of ${length} elements in ${this.remaining} bytes, ${this.elementsLeft} elements are allowed`,
      );
    }
    this.elementsLeft -= length;
    const elements: T[] = [];
    for (let index = 0; index < length; index++) elements.push(element(this));
    return elements;
  }

  /** Strictly: what is not UTF-8 would grow when it is written again. */
  private text(length: number): string {
    const bytes = this.take(length);
    if (!isUtf8(bytes)) throw new MalformedFrame('expected UTF-8');
    return bytes.toString('utf8');
  }

  private advance(length: number): number {
    if (length < 0 || length > this.remaining) {
      throw new MalformedFrame(`expected ${length} more bytes, got ${this.remaining}`);
    }
    const start = this.at;
    this.at += length;
    return start;
  }
}
