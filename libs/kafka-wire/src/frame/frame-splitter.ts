import { MalformedFrame } from '../wire/malformed-frame.js';

/** Bytes of the length that stands before each frame. */
const PREFIX_BYTES = 4;
/** A request has more, a token of SASL may be as short. */
const MIN_FRAME_BYTES = 1;

/**
 * Cuts a stream of bytes into frames: int32 length, then that many bytes. It holds only what has
 * arrived: a large length alone costs nothing.
 */
export class FrameSplitter {
  private chunks: Buffer[] = [];
  private buffered = 0;
  private expected: number | undefined;

  /** `maxFrameBytes` holds for frames whose length is not known yet. */
  constructor(public maxFrameBytes: number) {}

  push(chunk: Buffer): void {
    this.chunks.push(chunk);
    this.buffered += chunk.length;
  }

  /** Length of the frame that comes next, once it is known, so that its room can be reserved. */
  get nextLength(): number | undefined {
    if (this.expected === undefined && this.buffered >= PREFIX_BYTES) {
      const length = this.take(PREFIX_BYTES).readInt32BE(0);
      if (length < MIN_FRAME_BYTES || length > this.maxFrameBytes) {
        throw new MalformedFrame(
          `expected a frame of ${MIN_FRAME_BYTES} to ${this.maxFrameBytes} bytes, got ${length}`,
        );
      }
      this.expected = length;
    }
    return this.expected;
  }

  /** The next frame without its length, once it is complete. */
  next(): Buffer | undefined {
    const length = this.nextLength;
    if (length === undefined || this.buffered < length) return undefined;
    this.expected = undefined;
    return this.take(length);
  }

  private take(length: number): Buffer {
    const first = this.chunks[0];
    this.buffered -= length;
    if (first !== undefined && first.length >= length) {
      if (first.length === length) this.chunks.shift();
      else this.chunks[0] = first.subarray(length);
      return first.subarray(0, length);
    }
    const all = Buffer.concat(this.chunks);
    this.chunks = all.length > length ? [all.subarray(length)] : [];
    return all.subarray(0, length);
  }
}
