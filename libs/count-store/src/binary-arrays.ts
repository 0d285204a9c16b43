/**
 * One-dimensional arrays in the binary format of Postgres (array_recv), which a driver
 * sends for a Buffer: the numbers of rows are big-endian already, so columns are copied, not parsed.
 *
 * | at | size | field                                      |
 * | -: | ---: | ------------------------------------------ |
 * |  0 |    4 | number of dimensions: 1, 0 when empty      |
 * |  4 |    4 | 1 when an element is null                  |
 * |  8 |    4 | object id of the element's type            |
 * | 12 |    4 | number of elements                         |
 * | 16 |    4 | first index, 1                             |
 * | 20 |      | elements: 4 bytes length (-1: null), bytes |
 */
const HEADER_BYTES = 20;

/** Object ids of pg_type, fixed for ever, and sizes. */
const TYPES = {
  int4: { oid: 23, size: 4 },
  int8: { oid: 20, size: 8 },
  uuid: { oid: 2950, size: 16 },
} as const;

/** Where a column lies in rows of one width. */
export interface Column {
  readonly type: keyof typeof TYPES;
  /** Offset of the value in its row; the bytes are those of the type. */
  readonly at: number;
  /** Rows in which the value stands for null. */
  readonly isNull?: (rowAt: number) => boolean;
}

/** `first` is where the rows begin. */
export function binaryColumn(
  bytes: Buffer,
  rows: { readonly first: number; readonly width: number; readonly count: number },
  { type, at, isNull }: Column,
): Buffer {
  const { oid, size } = TYPES[type];
  const { first, width, count } = rows;
  const array = Buffer.allocUnsafe(HEADER_BYTES + count * (4 + size));
  let hasNull = false;
  let to = HEADER_BYTES;
  for (let row = first, end = first + count * width; row < end; row += width) {
    if (isNull?.(row) === true) {
      hasNull = true;
      to = array.writeInt32BE(-1, to);
      continue;
    }
    to = array.writeInt32BE(size, to);
    // Byte by byte: for so few, several times faster than a copy by the Buffer.
    for (let byte = row + at; byte < row + at + size; byte++) array[to++] = bytes[byte] ?? 0;
  }
  array.writeInt32BE(count === 0 ? 0 : 1, 0);
  array.writeInt32BE(hasNull ? 1 : 0, 4);
  array.writeInt32BE(oid, 8);
  array.writeInt32BE(count, 12);
  array.writeInt32BE(1, 16);
  return array.subarray(0, count === 0 ? 12 : to);
}
