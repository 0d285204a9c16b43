import { writeProducerSnapshot } from '../producers/producer-snapshot.js';
import type { ProducerStates } from '../producers/producer-states.js';
import type { Segment } from '../segment/segment.js';
import type { NewBatch, WrittenBatches } from './appended-batches.js';
import type { OpenedPartition } from './open-partition.js';
import type { PartitionParts } from './partition-parts.js';
import type { ReadBounds } from './partition-reader.js';
import type { SegmentList } from './segment-list.js';
import { stampRound } from './stamp-round.js';
import { writeOrCut } from './write-or-cut.js';

/** How batches get into a partition, and what is remembered of their producers. */
export class PartitionWriter {
  private readonly producers: ProducerStates;
  private latestMs: number;
  /** The high watermark for which the note of producers on the disk holds. */
  private savedProducersAt: bigint | undefined;

  /** `onPublished`: the high watermark has grown. */
  constructor(
    private readonly parts: PartitionParts,
    private readonly folder: string,
    private readonly segments: SegmentList,
    private readonly bounds: ReadBounds,
    { producers, lastAppendTimeMs, savedProducersAt }: OpenedPartition,
    private readonly onPublished: () => void,
    /** How large a segment may grow. */
    private readonly segmentBytes: () => number,
  ) {
    this.producers = producers;
    this.latestMs = lastAppendTimeMs;
    this.savedProducersAt = savedProducersAt;
  }

  /** See Partition. */
  get lastAppendTimeMs(): number {
    return this.latestMs;
  }

  get producerCount(): number {
    return this.producers.size;
  }

  /** See Partition. */
  async write(
    batches: readonly NewBatch[],
    nowMs: number,
  ): Promise<WrittenBatches | 'storage_full'> {
    // The clock may step back; append times must not.
    const appendTimeMs = Math.max(nowMs, this.latestMs);
    const producers = this.producers.begin();
    const { highWatermark } = this.bounds;
    const round = stampRound(batches, highWatermark, appendTimeMs, producers, nowMs);
    const { outcomes, accepted, headers, bytes } = round;
    if (accepted.length === 0) {
      return { outcomes, sync: () => Promise.resolve(), publish: () => undefined };
    }
    const segment = await this.segmentFor(bytes);
    if (segment === 'storage_full') return segment;
    if (!(await writeOrCut(segment, accepted, bytes))) return 'storage_full';
    return {
      outcomes,
      sync: () => this.segments.sync(segment),
      publish: () => {
        for (const header of headers) segment.add(header);
        // Nobody sees the time at which a record came that keeps that of its producer.
        if (batches.some(({ stampTime }) => stampTime)) this.latestMs = appendTimeMs;
        producers.publish(nowMs);
        this.onPublished();
      },
    };
  }

  /** What comes next goes into a new segment. */
  async beginSegment(): Promise<Segment | 'storage_full'> {
    const segment = await this.segments.begin();
    if (segment !== 'storage_full') void this.parts.writer.run(() => this.saveProducers());
    return segment;
  }

  /** See Partition. */
  async saveProducers(): Promise<void> {
    const { highWatermark } = this.bounds;
    if (!this.segments.isOpen || this.savedProducersAt === highWatermark) return;
    const isSaved = await writeProducerSnapshot(
      this.parts.files,
      this.folder,
      highWatermark,
      this.producers.entries(),
    );
    if (isSaved) this.savedProducersAt = highWatermark;
  }

  /** The active segment, or a new one where it would grow past its size. */
  private async segmentFor(bytes: number): Promise<Segment | 'storage_full'> {
    const { active } = this.segments;
    if (active.size === 0 || active.size + bytes <= this.segmentBytes()) return active;
    return this.beginSegment();
  }
}
