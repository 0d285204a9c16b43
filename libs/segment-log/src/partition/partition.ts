import { basename, join } from 'node:path';
import { readBatchHeader, stampBatch, type BatchHeader } from '@tally/kafka-wire';
import { SegmentCopy } from '../compaction/segment-copy.js';
import { DamagedLog } from '../files/damaged-log.js';
import { isStorageFull, type LogFile } from '../files/file-system.js';
import type { Mark } from '../marks/mark-file.js';
import { writeProducerSnapshot } from '../producers/producer-snapshot.js';
import type { ProducerStates } from '../producers/producer-states.js';
import type { DamagedRange } from '../segment/damaged-range.js';
import type { Place } from '../segment/index-layout.js';
import { findBatchAfter, type ScanStart } from '../segment/scan-segment.js';
import { RetiredSegment, Segment, segmentFileName, type TimedOffset } from '../segment/segment.js';
import {
  LEADER_EPOCH,
  outcomeOf,
  type BatchOutcome,
  type NewBatch,
  type WrittenBatches,
} from './appended-batches.js';
import { writeLogStart } from './log-start.js';
import type { EndInDoubt, OpenedPartition } from './open-partition.js';
import type { PartitionParts } from './partition-parts.js';
import type { Quarantine } from './quarantine.js';
import { writeOrCut } from './write-or-cut.js';

export type ReadOutcome =
  | { readonly kind: 'batches'; readonly bytes: Buffer }
  | { readonly kind: 'out_of_range' }
  /** The record is in this range of damaged ones. */
  | { readonly kind: 'damaged'; readonly range: DamagedRange }
  /** The topic was deleted, or the log is closing. */
  | { readonly kind: 'closed' };

const NOTHING = Buffer.alloc(0);

/**
 * One ordered log. Every record below `highWatermark` is durable and can be read; there are no
 * others for a reader. Writing is the commit loop's, one round at a time.
 */
export class Partition {
  private readonly segments: Segment[];
  private readonly quarantine: Quarantine;
  private readonly doubt: EndInDoubt | undefined;
  private readonly listeners = new Set<() => void>();
  private start: bigint;
  private lastAppendTimeMs: number;
  private readonly producers: ProducerStates;
  private savedProducersAt: bigint | undefined;
  private folderChanged = false;
  private open = true;

  constructor(
    private readonly parts: PartitionParts,
    readonly place: Place,
    private readonly folder: string,
    opened: OpenedPartition,
  ) {
    this.segments = opened.segments;
    this.start = opened.logStart;
    this.lastAppendTimeMs = opened.lastAppendTimeMs;
    this.quarantine = opened.quarantine;
    this.doubt = opened.doubt;
    this.producers = opened.producers;
    this.savedProducersAt = opened.savedProducersAt;
  }

  get number(): number {
    return this.place.partition;
  }

  /** Offset of the first record that there is. */
  get logStart(): bigint {
    return this.start;
  }

  /** The offset behind the last durable record. */
  get highWatermark(): bigint {
    return this.doubt?.end ?? this.active.endOffset;
  }

  /** Idempotent producers that are known. */
  get producerCount(): number {
    return this.producers.size;
  }

  /** Records that cannot be read, in order. */
  get damage(): readonly DamagedRange[] {
    return this.quarantine.all();
  }

  /** Why it takes no appends: where it ends is not known. undefined: it takes them. */
  get endInDoubt(): string | undefined {
    return this.doubt?.reason;
  }

  /** Up to where it is durable, for the next start. */
  get mark(): Mark | undefined {
    if (this.doubt !== undefined) return this.doubt.mark;
    // A segment without a batch may be gone after a power cut.
    const last = this.segments.findLast(({ size }) => size > 0) ?? this.active;
    const { baseOffset, bytes: position, endOffset: offset, lastCrc } = last.summary;
    return { ...this.place, logStart: this.start, baseOffset, position, offset, lastCrc };
  }

  /** False once its topic is deleted or the log closed. */
  get isOpen(): boolean {
    return this.open;
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
    if (offset === this.highWatermark || this.quarantine.at(offset) !== undefined) return 0;
    return this.segments.reduce(
      (sum, segment) =>
        segment.endOffset <= offset
          ? sum
          : sum + (segment.baseOffset < offset ? segment.bytesFrom(offset) : segment.size),
      0,
    );
  }

  /**
   * Whole stored batches, beginning with the one that contains `offset`, of at most `maxBytes`
   * together; the first one in any case. Empty at the high watermark.
   */
  async read(offset: bigint, maxBytes: number): Promise<ReadOutcome> {
    if (!this.open) return { kind: 'closed' };
    if (offset < this.start || offset > this.highWatermark) return { kind: 'out_of_range' };
    if (offset === this.highWatermark) return { kind: 'batches', bytes: NOTHING };
    const range = this.quarantine.at(offset);
    if (range !== undefined) return { kind: 'damaged', range };
    const segment = this.segments.findLast(({ baseOffset }) => baseOffset <= offset);
    if (segment === undefined) return { kind: 'out_of_range' };
    try {
      const bytes = await segment.read(offset, maxBytes, this.damagedIn(segment));
      return { kind: 'batches', bytes };
    } catch (error) {
      await this.noteDamage(segment, error);
      return this.read(offset, maxBytes);
    }
  }

  /**
   * The first record whose timestamp is at least `timeMs`; undefined when there is none. Where the
   * records keep the time that their producer gave, the first record of the batch that has one.
   */
  async firstAtOrAfter(timeMs: number): Promise<TimedOffset | undefined> {
    if (!this.open) return undefined;
    for (const segment of this.allSegments()) {
      if (segment.maxTimestampMs < timeMs || segment.endOffset <= this.start) continue;
      try {
        const found = await segment.firstAtOrAfter(timeMs, this.damagedIn(segment));
        if (found === undefined) continue;
        return found.offset < this.start ? { ...found, offset: this.start } : found;
      } catch (error) {
        await this.noteDamage(segment, error);
        return this.firstAtOrAfter(timeMs);
      }
    }
    return undefined;
  }

  /** The segments of now, in order; the last one is being written. */
  allSegments(): readonly Segment[] {
    return [...this.segments];
  }

  damagedIn({ path }: Segment): readonly DamagedRange[] {
    return this.quarantine.inSegment(basename(path));
  }

  /**
   * A batch is bad: everything from there up to the next good one in `file` is put into quarantine;
   * without a file, up to the end. Returns where that is; undefined when the segment is not part of
   * the partition any more.
   */
  async putInQuarantine(
    segment: Segment,
    from: ScanStart,
    reason: string,
    file: LogFile | undefined,
  ): Promise<ScanStart | undefined> {
    const { size, endOffset } = segment;
    const next = file && (await findBatchAfter(file, size, from.position, from.offset, endOffset));
    const end = next ?? { position: size, offset: endOffset };
    if (!this.open || !this.segments.includes(segment)) return undefined;
    const range: DamagedRange = {
      offset: from.offset,
      endOffset: end.offset,
      segment: basename(segment.path),
      position: from.position,
      endPosition: end.position,
      reason,
      foundAtMs: this.parts.now(),
    };
    if (this.quarantine.add(range)) {
      this.parts.onDamage(this, range);
      await this.saveDamage();
    }
    return end;
  }

  /** Writes the list of what is damaged. */
  saveDamage(): Promise<void> {
    return this.parts.writer.run(async () => {
      if (this.open) await this.quarantine.save(this.parts.files, this.folder);
    });
  }

  /** Writes the indexes that are missing, of segments that are complete. */
  async storeIndexes(): Promise<void> {
    for (const segment of this.segments.slice(0, -1)) await this.storeIndex(segment, true);
  }

  /** Before the end, when nothing is written any more: then the next start reads less. */
  async storeAllIndexes(): Promise<void> {
    await this.storeIndexes();
    if (this.doubt === undefined) await this.storeIndex(this.active, false);
  }

  /**
   * Writes batches, for the commit loop; those that their producers should not have sent are left
   * out. `storage_full`: none of them is there.
   */
  async write(
    batches: readonly NewBatch[],
    nowMs: number,
  ): Promise<WrittenBatches | 'storage_full'> {
    // The clock may step back; append times must not.
    const appendTimeMs = Math.max(nowMs, this.lastAppendTimeMs);
    const round = this.producers.begin();
    const outcomes: BatchOutcome[] = [];
    const headers: BatchHeader[] = [];
    const accepted: Buffer[] = [];
    let baseOffset = this.highWatermark;
    for (const { bytes, stampTime } of batches) {
      const header = readBatchHeader(bytes);
      if (header?.size !== bytes.length) throw new Error('expected one whole record batch');
      const verdict = round.check(header);
      if (verdict.kind !== 'next') {
        outcomes.push(outcomeOf(verdict));
        continue;
      }
      const placed = { baseOffset, appendTimeMs: stampTime ? appendTimeMs : undefined };
      stampBatch(bytes, {
        baseOffset,
        leaderEpoch: LEADER_EPOCH,
        ...(stampTime ? { logAppendTimeMs: appendTimeMs } : {}),
      });
      round.add(header, placed, nowMs);
      outcomes.push({ kind: 'appended', ...placed });
      accepted.push(bytes);
      headers.push(stampTime ? (readBatchHeader(bytes) ?? header) : { ...header, baseOffset });
      baseOffset += BigInt(header.count);
    }
    if (accepted.length === 0) {
      return { outcomes, sync: () => Promise.resolve(), publish: () => undefined };
    }
    const bytes = accepted.reduce((sum, { length }) => sum + length, 0);
    const segment = await this.segmentFor(bytes);
    if (segment === 'storage_full') return segment;
    if (!(await writeOrCut(segment, accepted, bytes))) return 'storage_full';
    return {
      outcomes,
      sync: () => this.sync(segment),
      publish: () => {
        for (const header of headers) segment.add(header);
        this.lastAppendTimeMs = appendTimeMs;
        round.publish(nowMs);
        this.announce();
      },
    };
  }

  /**
   * Forgets the records before `offset`, which is at most the high watermark: durably, then whole
   * segments are removed. For the commit loop. False: the disk is full, and nothing has changed.
   */
  async deleteRecordsBefore(offset: bigint): Promise<boolean> {
    if (offset <= this.start) return true;
    const { files, indexes } = this.parts;
    if (!(await writeLogStart(files, this.folder, offset))) return false;
    this.start = offset;
    // The name of the segment that stays has to be durable before another one goes.
    await this.syncFolder();
    if (this.quarantine.forgetBefore(offset)) await this.saveDamage();
    while (this.segments.length > 1) {
      const [first] = this.segments;
      if (first === undefined || first.endOffset > offset) break;
      this.segments.shift();
      await indexes.remove(first.path);
      await files.remove(first.path);
      await first.retire();
    }
    return true;
  }

  /**
   * Writes down what producers have appended below the high watermark, so that nothing below it has to
   * be read for that. With a full disk the old note stays: it says less, and nothing wrong.
   */
  async saveProducers(): Promise<void> {
    const { parts, folder, highWatermark, producers } = this;
    if (!this.open || this.savedProducersAt === highWatermark) return;
    const { files } = parts;
    const isSaved = await writeProducerSnapshot(files, folder, highWatermark, producers.entries());
    if (isSaved) this.savedProducersAt = highWatermark;
  }

  /** An empty copy of a segment, to be written and put in its place. */
  async copyOf(segment: Segment): Promise<SegmentCopy | 'storage_full'> {
    try {
      return await SegmentCopy.of(segment, this.parts.files, this.parts.indexes);
    } catch (error) {
      if (isStorageFull(error)) return 'storage_full';
      throw error;
    }
  }

  /**
   * Puts a copy that is durable in the place of a segment that is complete. For the commit loop, while
   * nothing writes indexes. False: the segment is not part of the partition any more.
   */
  async replace(segment: Segment, copy: SegmentCopy): Promise<boolean> {
    const place = this.segments.indexOf(segment);
    if (!this.open || place < 0 || segment === this.active) return false;
    // Damage that was found meanwhile is noted by its place in the old bytes.
    if (this.damagedIn(segment).length > 0) return false;
    const { files, indexes } = this.parts;
    // Nothing may describe the old bytes once the new ones are there; and where the mark is still that
    // of this segment, the one that follows has to be found, or this would be the last one.
    await indexes.remove(segment.path);
    await files.syncFolder(this.folder);
    await files.rename(copy.path, segment.path);
    await files.syncFolder(this.folder);
    this.segments[place] = copy.segment;
    await segment.retire();
    void this.parts.writer.run(() => this.storeIndex(copy.segment, true));
    return true;
  }

  /** What comes next goes into a new segment. For the commit loop. False: the disk is full. */
  async endSegment(): Promise<boolean> {
    if (this.active.size === 0 || this.doubt !== undefined) return true;
    return (await this.beginSegment()) !== 'storage_full';
  }

  /** Nothing is written or awaited here any more; reads that have begun end well. */
  async close(): Promise<void> {
    this.open = false;
    this.announce();
    await Promise.all(this.segments.map((segment) => segment.retire()));
  }

  private get active(): Segment {
    const active = this.segments.at(-1);
    if (active === undefined) throw new Error('a partition without a segment');
    return active;
  }

  /** The active segment, or a new one where it would grow past its size. */
  private async segmentFor(bytes: number): Promise<Segment | 'storage_full'> {
    const { active } = this;
    if (active.size === 0 || active.size + bytes <= this.parts.segmentBytes) return active;
    return this.beginSegment();
  }

  private async beginSegment(): Promise<Segment | 'storage_full'> {
    const { active } = this;
    const path = join(this.folder, segmentFileName(active.endOffset));
    try {
      const { files, indexes, writer } = this.parts;
      const file = await files.open(path, 'create');
      const segment = new Segment(path, active.endOffset, file, indexes);
      this.folderChanged = true;
      this.segments.push(segment);
      void writer.run(() => this.storeIndex(active, true));
      void writer.run(() => this.saveProducers());
      return segment;
    } catch (error) {
      if (isStorageFull(error)) return 'storage_full';
      throw error;
    }
  }

  /** A new file is found after a power cut only when its name is durable too. */
  private async sync(segment: Segment): Promise<void> {
    await segment.file.datasync();
    await this.syncFolder();
  }

  private async syncFolder(): Promise<void> {
    if (!this.folderChanged) return;
    await this.parts.files.syncFolder(this.folder);
    this.folderChanged = false;
  }

  private async storeIndex(segment: Segment, isSealed: boolean): Promise<void> {
    const { indexToStore, path, summary, size } = segment;
    if (indexToStore === undefined || size === 0) return;
    if (!this.open || !this.segments.includes(segment)) return;
    const { indexes } = this.parts;
    const isStored = await indexes.write(path, this.place, summary, isSealed, indexToStore);
    if (isStored && isSealed) segment.useStoredIndex();
  }

  /**
   * Puts into quarantine what a read found out, so that the next one knows it. Nothing happens where
   * another segment has taken the place of that one: the next read is of that.
   */
  private async noteDamage(segment: Segment, error: unknown): Promise<void> {
    if (error instanceof RetiredSegment) return;
    if (!(error instanceof DamagedLog)) throw error;
    if (!this.open) return;
    const { position, offset, detail } = error;
    if (position === undefined || offset === undefined) throw error;
    await this.putInQuarantine(segment, { position, offset }, detail, segment.file);
  }

  private announce(): void {
    for (const listener of this.listeners) listener();
  }
}
