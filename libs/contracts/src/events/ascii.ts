/** Whether all of these bytes are ASCII, and none is NUL. */
export function isAscii(bytes: Buffer, from: number, to: number): boolean {
  let seen = 0;
  for (let at = from; at < to; at++) {
    const byte = bytes[at] ?? 0;
    // Bit 7 is set by a byte from 80 on, and by what is one less than NUL.
    seen |= byte | (byte - 1);
  }
  return (seen & 0x80) === 0;
}
