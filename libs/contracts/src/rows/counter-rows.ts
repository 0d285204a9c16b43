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

/** Writes rows one after the other, so that none of them need be kept as an object. */
export class CounterRowWriter {
  readonly bytes: Buffer;
  private at = ROWS_HEADER_BYTES;

  /** @param count Of the rows that will be added. */
  constructor(count: number) {
    this.bytes = allocateRows(count, COUNTER_ROW_BYTES);
  }

  add(row: CounterRow): void {
    const { bytes, at } = this;
    bytes.writeUInt32BE(row.index, at);
    bytes.writeUInt32BE(0, at + 4);
    bytes.writeBigInt64BE(row.startMinute, at + 8);
    writeTotals(bytes, at + 16, row);
    this.at += COUNTER_ROW_BYTES;
  }
}

/** Header and rows, for tests. */
export function encodeCounterRows(rows: readonly CounterRow[]): Buffer {
  const writer = new CounterRowWriter(rows.length);
  for (const row of rows) writer.add(row);
  return writer.bytes;
}

/** Rows as they came, each decoded when it is asked for. Share memory with the bytes they came in. */
export class CounterRows {
  static readonly NONE = new CounterRows(Buffer.alloc(0));

  /** `rows`: without header. */
  private constructor(private readonly rows: Buffer) {}

  /** Undefined when the bytes are not counter rows. */
  static of(bytes: Buffer): CounterRows | undefined {
    if (countRows(bytes, COUNTER_ROW_BYTES) === undefined) return undefined;
    return new CounterRows(bytes.subarray(ROWS_HEADER_BYTES));
  }

  get length(): number {
    return this.rows.length / COUNTER_ROW_BYTES;
  }

  /** RangeError where there is none. */
  at(row: number): CounterRow {
    const { rows } = this;
    const at = row * COUNTER_ROW_BYTES;
    return {
      index: rows.readUInt32BE(at),
      startMinute: rows.readBigInt64BE(at + 8),
      ...readTotals(rows, at + 16),
    };
  }

  /** Those from `from`, inclusive, to `to`, exclusive. */
  slice(from: number, to: number): CounterRows {
    return new CounterRows(this.rows.subarray(from * COUNTER_ROW_BYTES, to * COUNTER_ROW_BYTES));
  }

  /** In memory of their own, so that nothing else of what they came in is kept. */
  copy(): CounterRows {
    return new CounterRows(Buffer.from(this.rows));
  }

  *[Symbol.iterator](): Generator<CounterRow, void> {
    for (let row = 0; row < this.length; row++) yield this.at(row);
  }
}

/** Undefined when the bytes are not counter rows. */
export function decodeCounterRows(bytes: Buffer): CounterRow[] | undefined {
  const rows = CounterRows.of(bytes);
  return rows && [...rows];
}
