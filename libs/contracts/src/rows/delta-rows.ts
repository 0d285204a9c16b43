import { allocateRows, countRows, ROWS_HEADER_BYTES } from './fixed-rows.js';
import { SERIES_ID_BYTES } from './series-ids.js';
import { readTotals, writeTotals, type SafeTotals, type Totals } from './totals.js';

/**
 * What one flush adds to one window of one series. Values are in micro-units.
 *
 * | at | size | field                                                        |
 * | -: | ---: | ------------------------------------------------------------ |
 * |  0 |   16 | series id                                                    |
 * | 16 |    4 | minute since 1970-01-01T00:00Z                               |
 * | 20 |    1 | retention class: index in RETENTION_CLASSES                  |
 * | 21 |    3 | 0                                                            |
 * | 24 |    8 | count, at least 1                                            |
 * | 32 |    8 | valued: how many of them had a value                         |
 * | 40 |   16 | sum of the values, two's complement                          |
 * | 56 |    8 | min, two's complement; 0 when valued is 0                    |
 * | 64 |    8 | max, two's complement; 0 when valued is 0                    |
 */
export const DELTA_ROW_BYTES = 72;

/** One row, decoded. */
export interface DeltaRow extends Totals {
  /** The series id, 16 bytes. */
  readonly series: Uint8Array;
  /** Minute since 1970 in which the window begins. */
  readonly minute: number;
  /** Index in RETENTION_CLASSES. */
  readonly retention: number;
}

/** Writes rows one after the other, so that none of them need be an object. */
export class DeltaRowWriter {
  readonly bytes: Buffer;
  private at = ROWS_HEADER_BYTES;

  /** @param count Of the rows that will be added. */
  constructor(count: number) {
    this.bytes = allocateRows(count, DELTA_ROW_BYTES);
  }

  /** All of a row but the series id, whose 16 bytes belong where the result says. */
  add(minute: number, retention: number, totals: Totals | SafeTotals): number {
    const { bytes, at } = this;
    bytes.writeUInt32BE(minute, at + 16);
    bytes.writeUInt32BE(retention << 24, at + 20);
    writeTotals(bytes, at + 24, totals);
    this.at += DELTA_ROW_BYTES;
    return at;
  }
}

/** Header and rows, for tests and tools; a processor uses the writer. */
export function encodeDeltaRows(rows: readonly DeltaRow[]): Buffer {
  const writer = new DeltaRowWriter(rows.length);
  for (const row of rows) writer.bytes.set(row.series, writer.add(row.minute, row.retention, row));
  return writer.bytes;
}

/** Undefined when the bytes are not delta rows. `series` shares memory with them. */
export function decodeDeltaRows(bytes: Buffer): DeltaRow[] | undefined {
  const count = countRows(bytes, DELTA_ROW_BYTES);
  if (count === undefined) return undefined;
  return Array.from({ length: count }, (_, index) => {
    const at = ROWS_HEADER_BYTES + index * DELTA_ROW_BYTES;
    return {
      series: bytes.subarray(at, at + SERIES_ID_BYTES),
      minute: bytes.readUInt32BE(at + 16),
      retention: bytes.readUInt8(at + 20),
      ...readTotals(bytes, at + 24),
    };
  });
}
