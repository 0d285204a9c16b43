import { crc32c } from '@node-rs/crc32';
import { AT, ATTRIBUTES } from './batch-layout.js';

/** What the log writes into a batch. */
export interface Stamp {
  readonly baseOffset: bigint;
  readonly leaderEpoch: number;
  /** Time of all records, ms since 1970; absent where they keep the time that the producer gave. */
  readonly logAppendTimeMs?: number;
}

/**
 * Writes into a valid batch, in place, what the log decides. Offset and epoch lie before what the
 * CRC covers; an append time changes attributes and max timestamp, so the CRC is made anew.
 */
export function stampBatch(
  batch: Buffer,
  { baseOffset, leaderEpoch, logAppendTimeMs }: Stamp,
): void {
  batch.writeBigInt64BE(baseOffset, AT.baseOffset);
  batch.writeInt32BE(leaderEpoch, AT.leaderEpoch);
  if (logAppendTimeMs === undefined) return;
  const attributes = batch.readInt16BE(AT.attributes) | ATTRIBUTES.logAppendTime;
  batch.writeInt16BE(attributes, AT.attributes);
  batch.writeBigInt64BE(BigInt(logAppendTimeMs), AT.maxTimestamp);
  batch.writeUInt32BE(crc32c(batch.subarray(AT.attributes)), AT.crc);
}
