import {
  CONTENT_AT,
  COUNT_AT,
  EVENT_BYTES,
  generationHeaderBytes,
  RECORD_HEADER_BYTES,
  sealGeneration,
  type GenerationRange,
} from './window-generation.js';

/** Generations in a dedup window. */
const SLICES = 10;
/** A generation with more is closed, however young: so much is held of each partition, and a record more. */
export const MAX_GENERATION_BYTES = 1 << 20;
const FIRST_BYTES = 4096;
/** Room for its checksum. */
const SPARE_BYTES = 16;

/** A generation that is to be kept. */
export interface ClosedGeneration extends GenerationRange {
  readonly bytes: Buffer;
}

export interface GenerationDraftOptions {
  readonly topic: string;
  readonly partition: number;
  readonly dedupWindowMs: number;
  /** Offset of the first record that is written down: what is told before is passed over. */
  readonly from: bigint;
  readonly onClosed: (generation: ClosedGeneration) => void;
}

/**
 * Writes down what a dedup window is told, a generation for each tenth of its length: a generation ends
 * before the first record of another tenth of append time, or when it has too many bytes.
 */
export class GenerationDraft {
  private readonly header: number;
  private readonly sliceMs: number;
  private bytes = Buffer.allocUnsafe(FIRST_BYTES);
  private length: number;
  private first: bigint;
  /** The offset that is told next. */
  private next: bigint;
  private records = 0;
  private events = 0;
  private slice = 0;
  private appendMs = 0;
  /** Where the record under way begins; 0: there is none, and its events are passed over. */
  private recordAt = 0;

  constructor(private readonly options: GenerationDraftOptions) {
    this.header = generationHeaderBytes(options.topic);
    this.sliceMs = Math.ceil(options.dedupWindowMs / SLICES);
    this.length = this.header;
    this.first = options.from;
    this.next = options.from;
  }

  /** What lies below this offset is in other generations. */
  passTo(offset: bigint): void {
    this.beginAt(offset);
  }

  /** Tells of the next record, whose events follow. */
  begin(offset: bigint, appendMs: number): void {
    this.endRecord();
    if (this.records === 0 && offset < this.next) return;
    // Counting was broken off within the record before: what is written of it is worth nothing.
    if (offset !== this.next) this.beginAt(offset);
    const slice = Math.floor(appendMs / this.sliceMs);
    if (this.records > 0 && (slice !== this.slice || this.length >= MAX_GENERATION_BYTES))
      this.close();
    this.slice = slice;
    this.appendMs = appendMs;
    this.recordAt = this.length;
    this.reserve(RECORD_HEADER_BYTES);
    this.bytes.writeBigUInt64BE(BigInt(appendMs), this.length);
    this.length += RECORD_HEADER_BYTES;
    this.records += 1;
    this.next = offset + 1n;
  }

  /** Tells of an event: 16 bytes of fingerprint at `at`, and the hash of its contents. */
  add(from: Buffer, at: number, content: number): void {
    if (this.recordAt === 0) return;
    this.reserve(EVENT_BYTES);
    const { bytes, length } = this;
    copyFingerprint(from, at, bytes, length);
    bytes[length + CONTENT_AT] = content >>> 8;
    bytes[length + CONTENT_AT + 1] = content;
    this.length = length + EVENT_BYTES;
  }

  private endRecord(): void {
    const { recordAt } = this;
    if (recordAt === 0) return;
    const events = (this.length - recordAt - RECORD_HEADER_BYTES) / EVENT_BYTES;
    this.bytes.writeUInt32BE(events, recordAt + COUNT_AT);
    this.events += events;
    this.recordAt = 0;
  }

  private close(): void {
    const { topic, partition, onClosed } = this.options;
    const { bytes, length, first, next, records, events, appendMs } = this;
    const sealed = sealGeneration(bytes, length, { topic, partition, first, records, events });
    // Most have about as much as the last one.
    this.bytes = Buffer.allocUnsafe(length + (length >> 3) + SPARE_BYTES);
    this.beginAt(next);
    onClosed({ partition, first, end: next, lastMs: appendMs, bytes: sealed });
  }

  private beginAt(offset: bigint): void {
    this.first = offset;
    this.next = offset;
    this.length = this.header;
    this.records = 0;
    this.events = 0;
    this.recordAt = 0;
  }

  private reserve(bytes: number): void {
    const needed = this.length + bytes + SPARE_BYTES;
    if (needed <= this.bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(needed, 2 * this.bytes.length));
    larger.set(this.bytes.subarray(0, this.length));
    this.bytes = larger;
  }
}

/** Half the time of a loop, and a quarter of that of `copy`. */
function copyFingerprint(from: Buffer, at: number, to: Buffer, end: number): void {
  to[end] = from[at] ?? 0;
  to[end + 1] = from[at + 1] ?? 0;
  to[end + 2] = from[at + 2] ?? 0;
  to[end + 3] = from[at + 3] ?? 0;
  to[end + 4] = from[at + 4] ?? 0;
  to[end + 5] = from[at + 5] ?? 0;
  to[end + 6] = from[at + 6] ?? 0;
  to[end + 7] = from[at + 7] ?? 0;
  to[end + 8] = from[at + 8] ?? 0;
  to[end + 9] = from[at + 9] ?? 0;
  to[end + 10] = from[at + 10] ?? 0;
  to[end + 11] = from[at + 11] ?? 0;
  to[end + 12] = from[at + 12] ?? 0;
  to[end + 13] = from[at + 13] ?? 0;
  to[end + 14] = from[at + 14] ?? 0;
  to[end + 15] = from[at + 15] ?? 0;
}
