/** Bits of four bytes of a number. */
const HALF_BITS = 28;
const HALF = 2 ** HALF_BITS;

/**
 * Writes a number (Avro 1.12: zigzag, seven bits a byte) of at most 2^51 in magnitude at `at`, and returns
 * the position behind it. There must be room.
 */
export function writeLong(into: Buffer, at: number, value: number): number {
  const double = value < 0 ? -2 * value - 1 : 2 * value;
  if (double < HALF) return writeBits(into, at, double | 0);
  // A quotient that is rounded down, and not a remainder, which would be a call.
  const high = Math.floor(double / HALF);
  let end = at;
  let low = (double - high * HALF) | 0;
  for (let left = HALF_BITS; left > 0; left -= 7, low >>>= 7) into[end++] = (low & 0x7f) | 0x80;
  return writeBits(into, end, high | 0);
}

function writeBits(into: Buffer, at: number, all: number): number {
  let end = at;
  let bits = all;
  for (; bits >= 0x80; bits >>>= 7) into[end++] = (bits & 0x7f) | 0x80;
  into[end++] = bits;
  return end;
}

/** Writes a text that lies in `bytes` as Avro has it, with its length in front. There must be room. */
export function writeText(
  into: Buffer,
  at: number,
  bytes: Uint8Array,
  from: number,
  to: number,
): number {
  let end = writeLong(into, at, to - from);
  // Few bytes are copied faster so than by a call.
  for (let index = from; index < to; index++) into[end++] = bytes[index] ?? 0;
  return end;
}
