import { readInt128BE, writeInt128BE } from './fixed-rows.js';

/**
 * Count and values of one window, the same in every kind of row. Values are in micro-units.
 *
 * | at | size | field                                                    |
 * | -: | ---: | -------------------------------------------------------- |
 * |  0 |    8 | count                                                    |
 * |  8 |    8 | valued: how many of them had a value                     |
 * | 16 |   16 | sum of the values, two's complement                      |
 * | 32 |    8 | min, two's complement; 0 when valued is 0                |
 * | 40 |    8 | max, two's complement; 0 when valued is 0                |
 */
export interface Totals {
  readonly count: bigint;
  readonly valued: bigint;
  readonly sum: bigint;
  readonly min: bigint;
  readonly max: bigint;
}

/** Totals that doubles hold exactly: all magnitudes below 2^53. Several times faster to write. */
export type SafeTotals = { readonly [Field in keyof Totals]: number };

/** Writes the 48 bytes of the table. */
export function writeTotals(bytes: Buffer, at: number, totals: Totals | SafeTotals): void {
  if (isSafe(totals)) {
    writeSafe(bytes, totals.count, at);
    writeSafe(bytes, totals.valued, at + 8);
    // The upper half of its 16 bytes is its sign.
    writeSafe(bytes, totals.sum < 0 ? -1 : 0, at + 16);
    writeSafe(bytes, totals.sum, at + 24);
    writeSafe(bytes, totals.min, at + 32);
    writeSafe(bytes, totals.max, at + 40);
    return;
  }
  bytes.writeBigUInt64BE(totals.count, at);
  bytes.writeBigUInt64BE(totals.valued, at + 8);
  writeInt128BE(bytes, totals.sum, at + 16);
  bytes.writeBigInt64BE(totals.min, at + 32);
  bytes.writeBigInt64BE(totals.max, at + 40);
}

/** Reads the 48 bytes of the table. */
export function readTotals(bytes: Buffer, at: number): Totals {
  return {
    count: bytes.readBigUInt64BE(at),
    valued: bytes.readBigUInt64BE(at + 8),
    sum: readInt128BE(bytes, at + 16),
    min: bytes.readBigInt64BE(at + 32),
    max: bytes.readBigInt64BE(at + 40),
  };
}

function isSafe(totals: Totals | SafeTotals): totals is SafeTotals {
  return typeof totals.count === 'number';
}

/** Two's complement in 8 bytes of a whole number below 2^53. */
function writeSafe(bytes: Buffer, value: number, at: number): void {
  bytes.writeInt32BE(Math.floor(value / 2 ** 32), at);
  bytes.writeUInt32BE(value >>> 0, at + 4);
}
