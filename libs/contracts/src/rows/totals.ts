import { readInt128BE, writeInt128BE } from './fixed-rows.js';

/**
 * Count and values of one window, the same in every kind of row. Values are in micro-units.
 *
 * | at | size | field                                                    |
 * | -: | ---: | -------------------------------------------------------- |
 * |  0 |    8 | count                                                    |
 * |  8 |    8 | valued: how many of them had a value                     |
 * | 16 |   16 | sum of the values, two's complement                      |
 * | 32 |    8 | least value, two's complement; 0 when valued is 0        |
 * | 40 |    8 | greatest value, two's complement; 0 when valued is 0     |
 */
export interface Totals {
  readonly count: bigint;
  readonly valued: bigint;
  readonly sum: bigint;
  readonly min: bigint;
  readonly max: bigint;
}

export function writeTotals(bytes: Buffer, at: number, totals: Totals): void {
  bytes.writeBigUInt64BE(totals.count, at);
  bytes.writeBigUInt64BE(totals.valued, at + 8);
  writeInt128BE(bytes, totals.sum, at + 16);
  bytes.writeBigInt64BE(totals.min, at + 32);
  bytes.writeBigInt64BE(totals.max, at + 40);
}

export function readTotals(bytes: Buffer, at: number): Totals {
  return {
    count: bytes.readBigUInt64BE(at),
    valued: bytes.readBigUInt64BE(at + 8),
    sum: readInt128BE(bytes, at + 16),
    min: bytes.readBigInt64BE(at + 32),
    max: bytes.readBigInt64BE(at + 40),
  };
}
