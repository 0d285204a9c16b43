import type { LogFile } from '../files/file-system.js';
import { findBatchAfter, scanBatches } from './scan-segment.js';
import { SparseIndex } from './sparse-index.js';

/** The durable batches of a segment file. */
export interface SegmentExtent {
  readonly file: LogFile;
  readonly baseOffset: bigint;
  readonly endOffset: bigint;
  readonly size: number;
}

/**
 * The entries of a segment, from the headers of its batches. Behind a header that is damaged they go on
 * with the next whole batch: who looks for one of those that follow has to come near it.
 */
export async function makeIndex(of: SegmentExtent): Promise<SparseIndex> {
  const { file, baseOffset, endOffset, size } = of;
  const made = new SparseIndex();
  let start = { position: 0, offset: baseOffset };
  for (let maxTimeMs = -1; ;) {
    for await (const header of scanBatches(file, size, baseOffset, false, start)) {
      made.add(Number(header.baseOffset - baseOffset), start.position, maxTimeMs);
      maxTimeMs = Math.max(maxTimeMs, header.maxTimestampMs);
      start = {
        position: start.position + header.size,
        offset: header.baseOffset + BigInt(header.count),
      };
    }
    const next = await findBatchAfter(file, size, start.position, start.offset, endOffset);
    if (next === undefined) return made;
    // Nobody knows which times lie between: who looks for one begins before.
    maxTimeMs = Infinity;
    start = next;
  }
}
