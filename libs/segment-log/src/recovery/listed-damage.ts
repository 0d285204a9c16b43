import { basename } from 'node:path';
import type { DamagedRange } from '../segment/damaged-range.js';
import { scanBatches } from '../segment/scan-segment.js';
import type { Segment } from '../segment/segment.js';

/**
 * The ranges of the list that are damaged still. One whose bytes are right again was put back from a
 * copy; one without bytes would have been found again.
 */
export async function stillDamaged(
  listed: readonly DamagedRange[],
  segments: readonly Segment[],
): Promise<DamagedRange[]> {
  const still: DamagedRange[] = [];
  for (const range of listed) {
    const segment = segments.find(({ path }) => basename(path) === range.segment);
    if (segment === undefined || range.position >= range.endPosition) continue;
    if (range.endPosition <= segment.size && !(await isWhole(segment, range))) still.push(range);
  }
  return still;
}

async function isWhole({ file, baseOffset }: Segment, range: DamagedRange): Promise<boolean> {
  let { position, offset } = range;
  const batches = scanBatches(file, range.endPosition, baseOffset, true, range);
  for await (const { size, count } of batches) {
    position += size;
    offset += BigInt(count);
  }
  return position === range.endPosition && offset === range.endOffset;
}
