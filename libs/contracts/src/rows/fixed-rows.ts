/**
 * Rows of one width behind a header, big-endian: they pass through services as bytes.
 *
 * | at | size | field                |
 * | -: | ---: | -------------------- |
 * |  0 |    2 | format version, 1    |
 * |  2 |    2 | bytes per row        |
 * |  4 |    4 | number of rows       |
 * |  8 |      | the rows             |
 */
export const ROWS_HEADER_BYTES = 8;
const FORMAT_VERSION = 1;

/** A buffer for `count` rows with its header written. */
export function allocateRows(count: number, rowBytes: number): Buffer {
  const bytes = Buffer.allocUnsafe(ROWS_HEADER_BYTES + count * rowBytes);
  bytes.writeUInt16BE(FORMAT_VERSION, 0);
  bytes.writeUInt16BE(rowBytes, 2);
  bytes.writeUInt32BE(count, 4);
  return bytes;
}

/** Number of rows; undefined when the bytes are not rows of this width. Empty bytes are no rows. */
export function countRows(bytes: Buffer, rowBytes: number): number | undefined {
  if (bytes.length === 0) return 0;
  if (bytes.length < ROWS_HEADER_BYTES) return undefined;
  if (bytes.readUInt16BE(0) !== FORMAT_VERSION || bytes.readUInt16BE(2) !== rowBytes)
    return undefined;
  const count = bytes.readUInt32BE(4);
  return bytes.length === ROWS_HEADER_BYTES + count * rowBytes ? count : undefined;
}

/** Two's complement in 16 bytes. RangeError when the number has more than 128 bits. */
export function writeInt128BE(bytes: Buffer, value: bigint, at: number): void {
  bytes.writeBigInt64BE(value >> 64n, at);
  bytes.writeBigUInt64BE(BigInt.asUintN(64, value), at + 8);
}

/** Two's complement in 16 bytes. */
export function readInt128BE(bytes: Buffer, at: number): bigint {
  return (bytes.readBigInt64BE(at) << 64n) | bytes.readBigUInt64BE(at + 8);
}
