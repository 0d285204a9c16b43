import {
  contentHash,
  encodeEvent,
  ENTRY_HEADER_BYTES,
  MAX_EVENT_BYTES,
  writeEntryHeader,
  type Event,
} from '@tally/contracts';
import { fingerprintOf } from '@tally/placement';
import type { UsualEvent } from './usual/usual-event.js';
import type { UsualWriter } from './usual/usual-writer.js';

/** The body of one append: each event encoded once, one behind the other (see block-body). */
export class EventBody {
  private buffer: Buffer;
  private end = 0;
  private events = 0;
  private lastFrom = 0;

  /** @param jsonBytes Of the batch: a fourth more is likely to be enough. */
  constructor(jsonBytes: number) {
    this.buffer = Buffer.allocUnsafe(jsonBytes + (jsonBytes >>> 2) + ENTRY_HEADER_BYTES);
  }

  get count(): number {
    return this.events;
  }

  /** Shares memory with this body: add nothing after it. */
  get bytes(): Buffer {
    return this.buffer.subarray(0, this.end);
  }

  /** Hash of the contents of the last event. */
  get lastContent(): number {
    return contentHash(this.buffer, this.lastFrom, this.end);
  }

  add(event: Event): void {
    const from = this.end + ENTRY_HEADER_BYTES;
    let to = from < this.buffer.length ? encodeEvent(event, this.buffer, from) : -1;
    if (to < 0) {
      this.grow();
      to = encodeEvent(event, this.buffer, from);
    }
    const length = to - from;
    if (to < 0 || length > MAX_EVENT_BYTES)
      throw new RangeError(`a checked event has more than ${MAX_EVENT_BYTES} bytes`);
    writeEntryHeader(this.buffer, this.end, length, fingerprintOf(event.project, event.id));
    this.lastFrom = from;
    this.end = to;
    this.events += 1;
  }

  /** Adds an event whose parts lie in `json`; the body is whole when it was finished behind it. */
  addUsual(json: Buffer, event: UsualEvent, timeMs: number, writer: UsualWriter): void {
    if (this.end + writer.room(event) > this.buffer.length) this.grow();
    this.end = writer.write(json, event, timeMs, this.buffer, this.end);
    this.events += 1;
  }

  /** Writes what `writer` has put off. */
  finish(writer: UsualWriter): void {
    writer.finish(this.buffer);
  }

  /** Room for any event behind the last one. */
  private grow(): void {
    const least = this.end + ENTRY_HEADER_BYTES + MAX_EVENT_BYTES;
    const larger = Buffer.allocUnsafe(Math.max(2 * this.buffer.length, least));
    this.buffer.copy(larger, 0, 0, this.end);
    this.buffer = larger;
  }
}
