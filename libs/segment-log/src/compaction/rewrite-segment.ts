import type { Segment } from '../segment/segment.js';
import type { Cleaner } from './cleaner.js';
import type { SegmentCopy } from './segment-copy.js';

/** Each batch of a segment, in order; ends with `gone` when the segment was removed meanwhile. */
export type BatchesOf = (segment: Segment) => AsyncIterable<Buffer | 'gone'>;

/** What became of the rewriting of a segment. */
export type Rewrite =
  /** All records stay. */
  | { readonly kind: 'unchanged' }
  /** The copy lacks some; it is not durable yet. */
  | { readonly kind: 'rewritten'; readonly copy: SegmentCopy; readonly removed: number }
  /** The disk is full, or the segment is gone. */
  | { readonly kind: 'unfinished' };

/** Writes a copy without the records that go. Nothing is written while all stay. */
export async function rewriteSegment(
  segment: Segment,
  cleaner: Cleaner,
  batchesOf: BatchesOf,
  makeCopy: () => Promise<SegmentCopy | 'storage_full'>,
): Promise<Rewrite> {
  let copy: SegmentCopy | undefined;
  let removed = 0;
  const giveUp = async (): Promise<Rewrite> => {
    await copy?.discard();
    return { kind: 'unfinished' };
  };
  try {
    let same = 0;
    cleaner.begin(segment.baseOffset);
    for await (const batch of batchesOf(segment)) {
      if (batch === 'gone') return await giveUp();
      const cleaned = cleaner.add(batch);
      removed += cleaned.removed;
      const [only] = cleaned.batches;
      if (copy === undefined && only === batch && cleaned.batches.length === 1) {
        same += 1;
        continue;
      }
      if (copy === undefined) {
        const made = await makeCopy();
        if (made === 'storage_full') return await giveUp();
        copy = made;
        if (!(await copyFirst(same, segment, copy, batchesOf))) return await giveUp();
      }
      if (!(await copy.write(cleaned.batches))) return await giveUp();
    }
    const rest = cleaner.end();
    removed += rest.removed;
    if (copy !== undefined && !(await copy.write(rest.batches))) return await giveUp();
  } catch (error) {
    await copy?.discard();
    throw error;
  }
  if (copy !== undefined && removed > 0) return { kind: 'rewritten', copy, removed };
  await copy?.discard();
  return { kind: 'unchanged' };
}

/** So many batches as they are. False: the disk is full, or the segment is gone. */
async function copyFirst(
  batches: number,
  segment: Segment,
  copy: SegmentCopy,
  batchesOf: BatchesOf,
): Promise<boolean> {
  let left = batches;
  if (left === 0) return true;
  for await (const batch of batchesOf(segment)) {
    if (batch === 'gone' || !(await copy.write([batch]))) return false;
    left -= 1;
    if (left === 0) return true;
  }
  return false;
}
