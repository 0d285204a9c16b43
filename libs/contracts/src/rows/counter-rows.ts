import { allocateRows, countRows, ROWS_HEADER_BYTES } from './fixed-rows.js';
import { readTotals, writeTotals, type Totals } from './totals.js';

/**
 * One window of one series as it was read. Values are in micro-units.
 *
 * | at | size | field                                                              |
 * | -: | ---: | ------------------------------------------------------------------ |
 * |  0 |    4 | index of the series in the question, from 0                        |
 * |  4 |    4 | 0                                                                  |
 * |  8 |    8 | minute since 1970 at which the window begins; 0 for a total        |
 * | 16 |    8 | count                                                              |
 * | 24 |    8 | valued                                                             |
 * | 32 |   16 | sum, two's complement                                              |
 * | 48 |    8 | min, two's complement; 0 when valued is 0                          |
 * | 56 |    8 | max, two's complement; 0 when valued is 0                          |
 */
export const COUNTER_ROW_BYTES = 64;

/** One row, decoded. */
export interface CounterRow extends Totals {
  /** Index of the series in the question. */
  readonly index: number;
  /** Minute since 1970 in which the window begins; 0 for a total. */
  readonly startMinute: bigint;
}

/** Header and rows. */
export function encodeCounterRows(rows: readonly CounterRow[]): Buffer {
  const bytes = allocateRows(rows.length, COUNTER_ROW_BYTES);
  let at = ROWS_HEADER_BYTES;
  for (const row of rows) {
    bytes.writeUInt32BE(row.index, at);
    bytes.writeUInt32BE(0, at + 4);
    bytes.writeBigInt64BE(row.startMinute, at + 8);
    writeTotals(bytes, at + 16, row);
    at += COUNTER_ROW_BYTES;
  }
  return bytes;
}

/** Undefined when the bytes are not counter rows. */
export function decodeCounterRows(bytes: Buffer): CounterRow[] | undefined {
  const count = countRows(bytes, COUNTER_ROW_BYTES);
  if (count === undefined) return undefined;
  return Array.from({ length: count }, (_, row) => {
    const at = ROWS_HEADER_BYTES + row * COUNTER_ROW_BYTES;
    return {
      index: bytes.readUInt32BE(at),
      startMinute: bytes.readBigInt64BE(at + 8),
      ...readTotals(bytes, at + 16),
    };
  });
}
