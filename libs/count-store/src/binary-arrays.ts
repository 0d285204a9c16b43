import { readInt128BE } from '@tally/contracts';

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
export const ARRAY_HEADER_BYTES = 20;
/** Of an array without elements, which has no dimension to describe. */
const EMPTY_BYTES = 12;
const LENGTH_BYTES = 4;

/** Object ids of pg_type, fixed for ever. */
const OIDS = { bytea: 17, int8: 20, int4: 23, text: 25, numeric: 1700, uuid: 2950 } as const;

/** What the header of an array says. */
export interface ArrayHeader {
  readonly type: keyof typeof OIDS;
  readonly count: number;
  readonly hasNull: boolean;
}

/** Writes the header before elements that end at `end`. */
export function finishArray(
  bytes: Buffer,
  end: number,
  { type, count, hasNull }: ArrayHeader,
): Buffer {
  bytes.writeInt32BE(count === 0 ? 0 : 1, 0);
  bytes.writeInt32BE(hasNull ? 1 : 0, 4);
  bytes.writeInt32BE(OIDS[type], 8);
  bytes.writeInt32BE(count, 12);
  bytes.writeInt32BE(1, 16);
  return bytes.subarray(0, count === 0 ? EMPTY_BYTES : end);
}

/** Writes an array of so many elements, one after the other. */
export class ArrayWriter {
  private readonly bytes: Buffer;
  private at = ARRAY_HEADER_BYTES;

  /** @param elementBytes At least what all of them take together, without their lengths. */
  constructor(
    private readonly type: ArrayHeader['type'],
    private readonly count: number,
    elementBytes: number,
  ) {
    this.bytes = Buffer.allocUnsafe(ARRAY_HEADER_BYTES + count * LENGTH_BYTES + elementBytes);
  }

  /** Copies the next one. */
  add(from: Buffer, start: number, size: number): void {
    const { bytes } = this;
    let at = this.length(size);
    // Byte by byte: for so few, several times faster than a copy by the Buffer.
    for (let byte = start; byte < start + size; byte++) bytes[at++] = from[byte] ?? 0;
    this.at = at;
  }

  /** A number in base 10 000, the lowest digit first, without zeros at the top. */
  addNumeric(digits: Uint16Array, count: number, isNegative: boolean): void {
    let lowest = 0;
    while (lowest < count && digits[lowest] === 0) lowest += 1;
    let at = this.length(NUMERIC_HEADER_BYTES + 2 * (count - lowest));
    at = this.int16(at, count - lowest);
    at = this.int16(at, count === 0 ? 0 : count - 1);
    at = this.int16(at, isNegative ? NUMERIC_NEGATIVE : 0);
    at = this.int16(at, 0);
    for (let index = count - 1; index >= lowest; index--) at = this.int16(at, digits[index] ?? 0);
    this.at = at;
  }

  /** All of it, once as many were added. */
  finish(): Buffer {
    return finishArray(this.bytes, this.at, { type: this.type, count: this.count, hasNull: false });
  }

  private length(size: number): number {
    const { bytes, at } = this;
    bytes[at] = size >> 24;
    bytes[at + 1] = size >> 16;
    bytes[at + 2] = size >> 8;
    bytes[at + 3] = size;
    return at + LENGTH_BYTES;
  }

  private int16(at: number, value: number): number {
    this.bytes[at] = value >> 8;
    this.bytes[at + 1] = value;
    return at + 2;
  }
}

/**
 * Of numeric_recv: number of digits, weight of the first one, sign and number of decimals in 16 bits each;
 * behind them the digits in base 10 000, 16 bits each, the highest first.
 */
const NUMERIC_HEADER_BYTES = 8;
const NUMERIC_NEGATIVE = 0x4000;

const UUID_BYTES = 16;

/** Ids of series as uuid. @param starts Where each of them begins. */
export function uuidColumn(bytes: Buffer, starts: Uint32Array): Buffer {
  const array = new ArrayWriter('uuid', starts.length, starts.length * UUID_BYTES);
  for (const start of starts) array.add(bytes, start, UUID_BYTES);
  return array.finish();
}

/** Digits of the magnitude of a number of 128 bits. */
const MAX_DIGITS = 10;
const BASE = 10_000;
const WORD = 2 ** 32;
/** The upper word of the lower half of a number below 2^52. */
const SAFE_WORD = 2 ** 20;

/** Numbers of 128 bits, two's complement, as numeric. @param rows Where each of them begins. */
export function numericColumn(bytes: Buffer, rows: Uint32Array, at: number): Buffer {
  const mostBytes = NUMERIC_HEADER_BYTES + 2 * MAX_DIGITS;
  const array = new ArrayWriter('numeric', rows.length, rows.length * mostBytes);
  const digits = new Uint16Array(MAX_DIGITS);
  for (const row of rows) {
    const high = bytes.readInt32BE(row + at);
    const isNegative = high < 0;
    const next = bytes.readInt32BE(row + at + 4);
    const low = bytes.readUInt32BE(row + at + 8);
    const isSafe =
      high === next && (high === 0 ? low < SAFE_WORD : high === -1 && low >= WORD - SAFE_WORD);
    const count = isSafe
      ? digitsOf((low - (isNegative ? WORD : 0)) * WORD + bytes.readUInt32BE(row + at + 12), digits)
      : digitsOfBigInt(readInt128BE(bytes, row + at), digits);
    array.addNumeric(digits, count, isNegative);
  }
  return array.finish();
}

/** Of a whole number below 2^53: no quotient is so near below a whole number that it is rounded up to it. */
function digitsOf(value: number, digits: Uint16Array): number {
  let count = 0;
  for (let rest = Math.abs(value); rest > 0;) {
    const quotient = Math.floor(rest / BASE);
    digits[count++] = rest - quotient * BASE;
    rest = quotient;
  }
  return count;
}

function digitsOfBigInt(value: bigint, digits: Uint16Array): number {
  let count = 0;
  for (let rest = value < 0n ? -value : value; rest > 0n; rest /= BigInt(BASE))
    digits[count++] = Number(rest % BigInt(BASE));
  return count;
}
