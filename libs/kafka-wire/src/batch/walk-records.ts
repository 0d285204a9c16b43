/** Whether uncompressed records may be handed to a decoder; if not, what is wrong with them. */
export type RecordsVerdict =
  | { readonly kind: 'sound'; readonly count: number }
  | { readonly kind: 'unsound'; readonly message: string };

/** How much records may have beyond what their format asks. */
export interface RecordLimits {
  /** Of one record. */
  readonly maxHeaders: number;
  /** Of one batch. */
  readonly maxRecords: number;
  /** Whether offsets may be left out, as by compaction: they only ascend then. */
  readonly mayHaveGaps: boolean;
}

/**
 * What readers that use kafkajs can take. Real records have some headers for traces and routing; it
 * makes an object of them, which it copies once more for each header. It hands over all records as
 * arguments of one call, of which there cannot be many more.
 */
export const READABLE: RecordLimits = { maxHeaders: 100, maxRecords: 50_000, mayHaveGaps: false };

/** What nobody has to make anything of. */
export const ANY_RECORDS: RecordLimits = {
  maxHeaders: 2 ** 31,
  maxRecords: 2 ** 31,
  mayHaveGaps: false,
};

/**
 * Goes over the records in `bytes` from `at` to the end without reading what is in them: each length
 * stays inside what it is in, nothing is left over, and the offsets are those of a producer, 0, 1, 2
 * and so on, or ascend. Decoders believe what a record says of itself: one of 12 bytes that says that it has a
 * thousand million headers keeps them busy for ever. Takes time for the bytes there are, not more.
 */
export function walkRecords(bytes: Buffer, at: number, limits: RecordLimits): RecordsVerdict {
  const walk = new Walk(bytes, at, limits);
  let count = 0;
  while (walk.at < bytes.length) {
    if (count === limits.maxRecords)
      return { kind: 'unsound', message: `more than ${count} records` };
    const message = walk.record();
    if (message !== undefined) return { kind: 'unsound', message: `record ${count}: ${message}` };
    count += 1;
  }
  return { kind: 'sound', count };
}

/** No varint: no field may be that long. */
const NONE = -2;

class Walk {
  /** Of the record that is walked over. */
  private end = 0;
  /** That the next record has, or has at least. */
  private offset = 0;

  constructor(
    private readonly bytes: Buffer,
    public at: number,
    private readonly limits: RecordLimits,
  ) {
    this.end = bytes.length;
  }

  /** What is wrong with the next record. */
  record(): string | undefined {
    this.end = this.bytes.length;
    const length = this.varint();
    if (length < 0 || length > this.end - this.at) {
      return `expected a length of at most ${this.end - this.at} bytes, got ${shown(length)}`;
    }
    this.end = this.at + length;
    // Attributes, of which there are none so far.
    this.at += 1;
    if (!this.skipVarlong()) return 'expected a time of at most 10 bytes';
    const offset = this.varint();
    const isNext = this.limits.mayHaveGaps ? offset >= this.offset : offset === this.offset;
    if (!isNext) return `expected offset ${this.offset}, got ${shown(offset)}`;
    this.offset = offset + 1;
    if (!this.skipField(-1)) return 'its key ends behind the record';
    if (!this.skipField(-1)) return 'its value ends behind the record';
    return this.headers();
  }

  private headers(): string | undefined {
    const count = this.varint();
    const { maxHeaders } = this.limits;
    if (count < 0 || count > maxHeaders) {
      return `expected at most ${maxHeaders} headers, got ${shown(count)}`;
    }
    for (let left = count; left > 0; left--) {
      if (!this.skipField(0) || !this.skipField(-1)) return 'its headers end behind the record';
    }
    return this.at === this.end ? undefined : `${this.end - this.at} bytes behind its headers`;
  }

  /** @param shortest -1 where there may be none at all. */
  private skipField(shortest: number): boolean {
    const length = this.varint();
    if (length < shortest || length > this.end - this.at) return false;
    if (length > 0) this.at += length;
    return true;
  }

  private skipVarlong(): boolean {
    for (const last = Math.min(this.end, this.at + 10); this.at < last;)
      if ((this.bytes[this.at++] ?? 0) < 0x80) return true;
    return false;
  }

  /** Zigzag. NONE past the end, or with more than 5 bytes. */
  private varint(): number {
    let value = 0;
    for (let scale = 1; scale <= 2 ** 28 && this.at < this.end; scale *= 128) {
      const byte = this.bytes[this.at++] ?? 0;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
    }
    return NONE;
  }
}

function shown(value: number): string {
  return value === NONE ? 'none' : String(value);
}
