/** Bytes from this length on are handed on as they are; shorter ones are cheaper to copy. */
const COPY_BELOW = 1024;

/**
 * Writes the primitive types of the Kafka protocol. The result is a list of buffers: small fields
 * are gathered, large byte fields (record batches) pass through uncopied.
 */
export class WireWriter {
  private readonly done: Buffer[] = [];
  private doneLength = 0;
  private buffer = Buffer.allocUnsafe(256);
  private at = 0;

  /** Bytes written so far. */
  get length(): number {
    return this.doneLength + this.at;
  }

  int8(value: number): this {
    const at = this.room(1);
    this.buffer.writeInt8(value, at);
    return this;
  }

  int16(value: number): this {
    const at = this.room(2);
    this.buffer.writeInt16BE(value, at);
    return this;
  }

  int32(value: number): this {
    const at = this.room(4);
    this.buffer.writeInt32BE(value, at);
    return this;
  }

  int64(value: bigint): this {
    const at = this.room(8);
    this.buffer.writeBigInt64BE(value, at);
    return this;
  }

  boolean(value: boolean): this {
    return this.int8(value ? 1 : 0);
  }

  string(value: string): this {
    const length = Buffer.byteLength(value);
    if (length > 0x7fff) throw new RangeError(`a string of ${length} bytes does not fit`);
    this.int16(length);
    const at = this.room(length);
    this.buffer.write(value, at, 'utf8');
    return this;
  }

  nullableString(value: string | null): this {
    return value === null ? this.int16(-1) : this.string(value);
  }

  bytes(value: Buffer): this {
    return this.int32(value.length).raw(value);
  }

  nullableBytes(value: Buffer | null): this {
    return value === null ? this.int32(-1) : this.bytes(value);
  }

  array<T>(elements: readonly T[], element: (value: T, writer: this) => unknown): this {
    this.int32(elements.length);
    for (const value of elements) element(value, this);
    return this;
  }

  /** UTF-8 behind an unsigned varint of its length + 1 (flexible versions). */
  compactString(value: string): this {
    const bytes = Buffer.from(value);
    return this.unsignedVarint(bytes.length + 1).raw(bytes);
  }

  nullableCompactString(value: string | null): this {
    return value === null ? this.unsignedVarint(0) : this.compactString(value);
  }

  /** Elements behind an unsigned varint of their number + 1 (flexible versions). */
  compactArray<T>(elements: readonly T[], element: (value: T, writer: this) => unknown): this {
    this.unsignedVarint(elements.length + 1);
    for (const value of elements) element(value, this);
    return this;
  }

  /** No tagged fields, at the end of a structure of a flexible version. */
  noTags(): this {
    return this.unsignedVarint(0);
  }

  /** Base-128, least significant group first. */
  unsignedVarint(value: number): this {
    let rest = value;
    while (rest >= 0x80) {
      this.byte((rest % 0x80) + 0x80);
      rest = Math.floor(rest / 0x80);
    }
    return this.byte(rest);
  }

  /** Zigzag varint of 32 bits. */
  varint(value: number): this {
    return this.unsignedVarint(value >= 0 ? value * 2 : -value * 2 - 1);
  }

  /** Zigzag varint of 64 bits. */
  varlong(value: bigint): this {
    let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
    while (rest >= 0x80n) {
      this.byte(Number(rest & 0x7fn) + 0x80);
      rest >>= 7n;
    }
    return this.byte(Number(rest));
  }

  /** Bytes without a length. The caller must not change them before they are sent. */
  raw(value: Buffer): this {
    if (value.length < COPY_BELOW) {
      const at = this.room(value.length);
      value.copy(this.buffer, at);
      return this;
    }
    this.flush();
    this.done.push(value);
    this.doneLength += value.length;
    return this;
  }

  /** All that was written, in order. The writer must not be used after it. */
  finish(): Buffer[] {
    this.flush();
    return this.done;
  }

  private byte(value: number): this {
    const at = this.room(1);
    this.buffer.writeUInt8(value, at);
    return this;
  }

  private flush(): void {
    if (this.at === 0) return;
    this.done.push(this.buffer.subarray(0, this.at));
    this.doneLength += this.at;
    this.buffer = this.buffer.subarray(this.at);
    this.at = 0;
  }

  /** Makes room for `length` bytes and returns where they start in `buffer`, which may be another then. */
  private room(length: number): number {
    if (this.at + length > this.buffer.length) {
      this.flush();
      if (length > this.buffer.length) {
        this.buffer = Buffer.allocUnsafe(Math.max(length, 4096));
      }
    }
    const start = this.at;
    this.at += length;
    return start;
  }
}
