import { isOutOfDescriptors, isStorageFull } from '../files/file-system.js';
import { truncateTo } from '../recovery/cut-tail.js';
import type { Segment } from '../segment/segment.js';

/**
 * False when the disk has no room: then the file ends, durably, where it ended before. Node tells of
 * a full disk by a short count as often as by an error. The same without a descriptor for the file.
 */
export async function writeOrCut(
  segment: Segment,
  buffers: Buffer[],
  bytes: number,
): Promise<boolean> {
  try {
    return await segment.file.hold(() => writeHeld(segment, buffers, bytes));
  } catch (error) {
    if (!isOutOfDescriptors(error)) throw error;
    return false;
  }
}

async function writeHeld(segment: Segment, buffers: Buffer[], bytes: number): Promise<boolean> {
  try {
    if ((await segment.file.write(buffers, segment.size)) === bytes) return true;
  } catch (error) {
    if (!isStorageFull(error)) throw error;
  }
  await truncateTo(segment.file, segment.size);
  return false;
}
