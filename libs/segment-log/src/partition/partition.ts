import type { SegmentCopy } from '../compaction/segment-copy.js';
import type { LogFile } from '../files/file-system.js';
import type { Mark } from '../marks/mark-file.js';
import type { DamagedRange } from '../segment/damaged-range.js';
import type { PartitionId } from '../segment/index-layout.js';
import type { ScanStart } from '../segment/scan-segment.js';
import type { Segment, TimedOffset } from '../segment/segment.js';
import type { NewBatch, WrittenBatches } from './appended-batches.js';
import { writeLogStart } from './log-start.js';
import type { EndInDoubt, OpenedPartition } from './open-partition.js';
import { PartitionDamage } from './partition-damage.js';
import type { PartitionParts } from './partition-parts.js';
import { PartitionReader, type ReadBounds, type ReadOutcome } from './partition-reader.js';
import { PartitionWriter } from './partition-writer.js';
import { SegmentList } from './segment-list.js';

/**
 * One ordered log. Every record below `highWatermark` is durable and can be read; there are no
 * others for a reader. Writing is the commit loop's, one round at a time.
 */
export class Partition implements ReadBounds {
  private readonly segments: SegmentList;
  private readonly damaged: PartitionDamage;
  private readonly reader: PartitionReader;
  private readonly writer: PartitionWriter;
  private readonly doubt: EndInDoubt | undefined;
  private readonly listeners = new Set<() => void>();
  private start: bigint;

  constructor(
    private readonly parts: PartitionParts,
    readonly id: PartitionId,
    private readonly folder: string,
    opened: OpenedPartition,
    /** How large a segment may grow; a change holds for the next batch. */
    segmentBytes: () => number,
  ) {
    this.segments = new SegmentList(parts, id, folder, opened.segments);
    this.damaged = new PartitionDamage(parts, id, folder, this.segments, opened.quarantine);
    this.reader = new PartitionReader(this.segments, this.damaged, this);
    this.writer = new PartitionWriter(
      parts,
      folder,
      this.segments,
      this,
      opened,
      () => this.announce(),
      segmentBytes,
    );
    this.doubt = opened.doubt;
    this.start = opened.logStart;
  }

  get number(): number {
    return this.id.partition;
  }

  /** Offset of the first record that there is. */
  get logStart(): bigint {
    return this.start;
  }

  /** The offset behind the last durable record. */
  get highWatermark(): bigint {
    return this.doubt?.end ?? this.segments.active.endOffset;
  }

  /** Idempotent producers that are known. */
  get producerCount(): number {
    return this.writer.producerCount;
  }

  /** When the last record was appended that has a stamp, in ms since 1970; 0: there is none. */
  get lastAppendTimeMs(): number {
    return this.writer.lastAppendTimeMs;
  }

  /** Records that cannot be read, in order. */
  get damage(): readonly DamagedRange[] {
    return this.damaged.all();
  }

  /** Why it takes no appends: where it ends is not known. undefined: it takes them. */
  get endInDoubt(): string | undefined {
    return this.doubt?.reason;
  }

  /** Up to where it is durable, for the next start. */
  get mark(): Mark | undefined {
    if (this.doubt !== undefined) return this.doubt.mark;
    // A segment without a batch may be gone after a power cut.
    const last = this.allSegments().findLast(({ size }) => size > 0) ?? this.segments.active;
    const { baseOffset, bytes: position, endOffset: offset, lastCrc } = last.summary;
    return { ...this.id, logStart: this.start, baseOffset, position, offset, lastCrc };
  }

  /** False once its topic is deleted or the log closed. */
  get isOpen(): boolean {
    return this.segments.isOpen;
  }

  /** Told after each time that the high watermark has grown, and at the end. Returns how to stop that. */
  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  /**
   * About how many bytes lie behind `offset`, without reading: 0 at the high watermark and where the
   * records are known to be damaged, else rather too many. `offset` is not out of range.
   */
  bytesFrom(offset: bigint): number {
    return this.reader.bytesFrom(offset);
  }

  /**
   * Whole stored batches, beginning with the one that contains `offset`, of at most `maxBytes`
   * together; the first one in any case. Empty at the high watermark.
   */
  read(offset: bigint, maxBytes: number): Promise<ReadOutcome> {
    return this.reader.read(offset, maxBytes);
  }

  /**
   * The first record whose timestamp is at least `timeMs`; undefined when there is none. Where the
   * records keep the time that their producer gave, the first record of the batch that has one.
   */
  firstAtOrAfter(timeMs: number): Promise<TimedOffset | undefined> {
    return this.reader.firstAtOrAfter(timeMs);
  }

  /** The first record of all with the latest time there is, or as firstAtOrAfter says; undefined when there is none. */
  latest(): Promise<TimedOffset | undefined> {
    const latestMs = this.allSegments().reduce(
      (latest, { maxTimestampMs = 0 }) => Math.max(latest, maxTimestampMs),
      0,
    );
    return this.firstAtOrAfter(latestMs);
  }

  /** The segments of now, in order; the last one is being written. */
  allSegments(): readonly Segment[] {
    return this.segments.all();
  }

  damagedIn(segment: Segment): readonly DamagedRange[] {
    return this.damaged.in(segment);
  }

  /**
   * A batch is bad: everything from there up to the next good one in `file` is put into quarantine;
   * without a file, up to the end. Returns where that is; undefined when the segment is not part of
   * the partition any more.
   */
  putInQuarantine(
    segment: Segment,
    from: ScanStart,
    reason: string,
    file: LogFile | undefined,
  ): Promise<ScanStart | undefined> {
    return this.damaged.putInQuarantine(segment, from, reason, file);
  }

  /** Writes the indexes that are missing, of segments that are complete. */
  async storeIndexes(): Promise<void> {
    for (const segment of this.allSegments().slice(0, -1)) {
      await this.segments.storeIndex(segment, true);
    }
  }

  /** Before the end, when nothing is written any more: then the next start reads less. */
  async storeAllIndexes(): Promise<void> {
    await this.storeIndexes();
    if (this.doubt === undefined) await this.segments.storeIndex(this.segments.active, false);
  }

  /**
   * Writes batches, for the commit loop; those that their producers should not have sent are left
   * out. `storage_full`: none of them is there.
   */
  write(batches: readonly NewBatch[], nowMs: number): Promise<WrittenBatches | 'storage_full'> {
    return this.writer.write(batches, nowMs);
  }

  /**
   * Forgets the records before `offset`, which is at most the high watermark, durably. Returns the
   * files that nobody needs any more, also those that an interrupted call left: they are to be removed.
   * For the commit loop. `storage_full`: nothing has changed.
   */
  async deleteRecordsBefore(offset: bigint): Promise<readonly string[] | 'storage_full'> {
    if (offset > this.start) {
      if (!(await writeLogStart(this.parts.files, this.folder, offset))) return 'storage_full';
      this.start = offset;
      await this.damaged.forgetBefore(offset);
    }
    return this.segments.retireBefore(this.start);
  }

  /**
   * Writes down what producers have appended below the high watermark, so that nothing below it has to
   * be read for that. With a full disk the old note stays: it says less, and nothing wrong.
   */
  saveProducers(): Promise<void> {
    return this.writer.saveProducers();
  }

  /** An empty copy of a segment, to be written and to replace it. */
  copyOf(segment: Segment): Promise<SegmentCopy | 'storage_full'> {
    return this.segments.copyOf(segment);
  }

  /**
   * Replaces a segment that is complete by a copy that is durable. For the commit loop, while nothing
   * writes indexes. False: the segment is not part of the partition any more.
   */
  async replace(segment: Segment, copy: SegmentCopy): Promise<boolean> {
    // Damage that was found meanwhile is noted by its position in the old bytes.
    return this.damagedIn(segment).length === 0 && this.segments.replace(segment, copy);
  }

  /** What comes next goes into a new segment. For the commit loop. False: the disk is full. */
  async endSegment(): Promise<boolean> {
    if (this.segments.active.size === 0 || this.doubt !== undefined) return true;
    return (await this.writer.beginSegment()) !== 'storage_full';
  }

  /** Nothing is written or awaited here any more; reads that have begun end well. */
  async close(): Promise<void> {
    const retired = this.segments.close();
    this.announce();
    await retired;
  }

  private announce(): void {
    for (const listener of this.listeners) listener();
  }
}
