/** Records of a partition that were durable and cannot be read. */
export interface DamagedRange {
  /** Of the first record. */
  readonly offset: bigint;
  /** Behind the last one. */
  readonly endOffset: bigint;
  /** Name of the file that has their bytes, or should have had them. */
  readonly segment: string;
  /** Where these bytes are; nowhere, when both are the same. */
  readonly position: number;
  readonly endPosition: number;
  readonly reason: string;
  /** ms since 1970. */
  readonly foundAtMs: number;
}

/** For people: which records, and why. */
export function nameOfRange({ offset, endOffset, reason }: DamagedRange): string {
  const records =
    endOffset - offset === 1n ? `record ${offset}` : `records ${offset} to ${endOffset - 1n}`;
  return `${records} cannot be read: ${reason}`;
}
