/** One record of the log, as whoever reads it gets it. */
export interface LogRecord {
  readonly offset: bigint;
  /** LogAppendTime, ms since 1970. */
  readonly timestampMs: number;
  readonly value: Buffer | null;
}

/** Offsets of one partition: of the first record there is, and behind the last durable one. */
export interface PartitionBounds {
  readonly low: bigint;
  readonly high: bigint;
}

/** Offsets from (inclusive) to (exclusive). */
export interface OffsetRange {
  readonly from: bigint;
  readonly to: bigint;
}

/** Events of one block by their indexes: from (inclusive) to (exclusive). */
export interface IndexRange {
  readonly from: number;
  readonly to: number;
}
