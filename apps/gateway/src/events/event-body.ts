import {
  contentHash,
  encodeEvent,
  ENTRY_HEADER_BYTES,
  MAX_EVENT_BYTES,
  writeEntryHeader,
  type Event,
} from '@tally/contracts';
import { fingerprintOf } from '@tally/placement';

/** Bytes that an entry is larger than the shortest JSON of its event: header, project, assigned id. */
const OVERHEAD_BYTES = 96;

/** The body of one append: each event encoded once, one behind the other (see block-body). */
export class EventBody {
  private buffer: Buffer;
  private end = 0;
  private events = 0;
  private lastFrom = 0;

  /** `jsonBytes` and `count` of the batch: what is likely to be enough. */
  constructor(jsonBytes: number, count: number) {
    this.buffer = Buffer.allocUnsafe(jsonBytes + count * OVERHEAD_BYTES);
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

  /** Room for any event behind the last one. */
  private grow(): void {
    const least = this.end + ENTRY_HEADER_BYTES + MAX_EVENT_BYTES;
    const larger = Buffer.allocUnsafe(Math.max(2 * this.buffer.length, least));
    this.buffer.copy(larger, 0, 0, this.end);
    this.buffer = larger;
  }
}
