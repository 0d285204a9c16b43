import { basename } from 'node:path';
import type { DamagedRange } from '../segment/damaged-range.js';
import type { ScanStart } from '../segment/scan-segment.js';
import type { Segment } from '../segment/segment.js';

/** Collects what is damaged while a partition is opened. */
export class FoundDamage {
  ranges: DamagedRange[] = [];

  constructor(private readonly now: () => number) {}

  /** From where the segment ends, so far, up to `next`. */
  add(segment: Segment, next: ScanStart, reason: string): void {
    const range = {
      offset: segment.endOffset,
      endOffset: next.offset,
      segment: basename(segment.path),
      position: segment.size,
      endPosition: next.position,
      reason,
      foundAtMs: this.now(),
    };
    segment.addDamaged(range);
    if (range.endOffset > range.offset) this.ranges.push(range);
  }

  /** What was found in this segment is not all. */
  forget(segmentPath: string): void {
    this.ranges = this.ranges.filter(({ segment }) => segment !== basename(segmentPath));
  }

  /** Records that no file has. */
  addMissing(segment: string, offset: bigint, endOffset: bigint, reason: string): void {
    const foundAtMs = this.now();
    const nowhere = { segment, position: 0, endPosition: 0 };
    if (endOffset > offset) this.ranges.push({ offset, endOffset, ...nowhere, reason, foundAtMs });
  }
}
