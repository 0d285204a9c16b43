import type { DamagedRange } from '../segment/damaged-range.js';
import type { TimedOffset } from '../segment/segment.js';
import type { PartitionDamage } from './partition-damage.js';
import type { SegmentList } from './segment-list.js';

/** What a read of a partition gives. */
export type ReadOutcome =
  | { readonly kind: 'batches'; readonly bytes: Buffer }
  | { readonly kind: 'out_of_range' }
  /** The record is in this range of damaged ones. */
  | { readonly kind: 'damaged'; readonly range: DamagedRange }
  /** The topic was deleted, or the log is closing. */
  | { readonly kind: 'closed' };

/** Which records there are, at the moment. */
export interface ReadBounds {
  /** Of the first one. */
  readonly logStart: bigint;
  /** Behind the last one. */
  readonly highWatermark: bigint;
}

const NOTHING = Buffer.alloc(0);

/** How the records of a partition are read. Damage that is met is noted, and read around from then on. */
export class PartitionReader {
  constructor(
    private readonly segments: SegmentList,
    private readonly damage: PartitionDamage,
    private readonly bounds: ReadBounds,
  ) {}

  /** See Partition. */
  bytesFrom(offset: bigint): number {
    if (offset === this.bounds.highWatermark || this.damage.at(offset) !== undefined) return 0;
    return this.segments
      .all()
      .reduce(
        (sum, segment) =>
          segment.endOffset <= offset
            ? sum
            : sum + (segment.baseOffset < offset ? segment.bytesFrom(offset) : segment.size),
        0,
      );
  }

  /** See Partition. */
  async read(offset: bigint, maxBytes: number): Promise<ReadOutcome> {
    const { logStart, highWatermark } = this.bounds;
    if (!this.segments.isOpen) return { kind: 'closed' };
    if (offset < logStart || offset > highWatermark) return { kind: 'out_of_range' };
    if (offset === highWatermark) return { kind: 'batches', bytes: NOTHING };
    const range = this.damage.at(offset);
    if (range !== undefined) return { kind: 'damaged', range };
    const segment = this.segments.at(offset);
    if (segment === undefined) return { kind: 'out_of_range' };
    try {
      const bytes = await segment.read(offset, maxBytes, this.damage.in(segment));
      return { kind: 'batches', bytes };
    } catch (error) {
      await this.damage.note(segment, error);
      return this.read(offset, maxBytes);
    }
  }

  /** See Partition. */
  async firstAtOrAfter(timeMs: number): Promise<TimedOffset | undefined> {
    if (!this.segments.isOpen) return undefined;
    for (const segment of this.segments.all()) {
      if (!segment.mayReach(timeMs) || segment.endOffset <= this.bounds.logStart) continue;
      try {
        const found = await segment.firstAtOrAfter(timeMs, this.damage.in(segment));
        if (found === undefined) continue;
        const first = this.bounds.logStart;
        return found.offset < first ? { ...found, offset: first } : found;
      } catch (error) {
        await this.damage.note(segment, error);
        return this.firstAtOrAfter(timeMs);
      }
    }
    return undefined;
  }
}
