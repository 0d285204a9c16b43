import { decodeBlock, type Block, type LogRecord, type MalformedBlock } from '@tally/contracts';

/** A record of the log whose header was read once, for all who look into it. */
export interface BlockRecord {
  readonly offset: bigint;
  /** LogAppendTime, ms since 1970. */
  readonly timestampMs: number;
  readonly block: Block | MalformedBlock;
  /** All of it. */
  readonly value: Buffer | null;
}

/** Reads the header of the record's block; what is no block is `malformed` and goes on as such. */
export function readBlock({ offset, timestampMs, value }: LogRecord): BlockRecord {
  const block: BlockRecord['block'] =
    value === null ? { kind: 'malformed', reason: 'the record has no value' } : decodeBlock(value);
  return { offset, timestampMs, block, value };
}
