import { MAX_RECORD_BYTES } from './reading.js';

/** One line of an input. */
export interface Line {
  /** Without its end (`\n` or `\r\n`) and a byte order mark before it; of a line that is too long the first part. */
  readonly bytes: Buffer;
  readonly isTooLong: boolean;
}

const MARK = Buffer.from('\ufeff');
const NEWLINE = 0x0a;
const RETURN = 0x0d;

/** Cuts bytes into lines; the last one needs no end. Holds at most one line and one chunk. */
export async function* linesOf(
  chunks: AsyncIterable<Buffer>,
  maxBytes = MAX_RECORD_BYTES,
): AsyncGenerator<Line> {
  let held: Buffer[] = [];
  let heldBytes = 0;
  let isOpen = false;
  const hold = (part: Buffer) => {
    isOpen = true;
    // One byte more than allowed is enough to see that it is too long, and one may be a return.
    const room = maxBytes + 2 - heldBytes;
    if (room <= 0 || part.length === 0) return;
    const kept = part.subarray(0, room);
    held.push(kept);
    heldBytes += kept.length;
  };
  const take = (): Line => {
    let bytes = held.length === 1 && held[0] !== undefined ? held[0] : Buffer.concat(held);
    if (bytes.at(-1) === RETURN) bytes = bytes.subarray(0, -1);
    // Files that were put one behind the other each begin with it.
    if (bytes.subarray(0, MARK.length).equals(MARK)) bytes = bytes.subarray(MARK.length);
    [held, heldBytes, isOpen] = [[], 0, false];
    const isTooLong = bytes.length > maxBytes;
    return { bytes: isTooLong ? bytes.subarray(0, maxBytes) : bytes, isTooLong };
  };
  for await (const chunk of chunks) {
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, from)) {
      hold(chunk.subarray(from, end));
      yield take();
      from = end + 1;
    }
    if (from < chunk.length) hold(chunk.subarray(from));
  }
  if (isOpen) yield take();
}

/** Whether a line has nothing but blanks. */
export function isBlank(bytes: Buffer): boolean {
  return bytes.every((byte) => byte === 0x20 || byte === 0x09);
}
