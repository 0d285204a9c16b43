import { join } from 'node:path';
import { readBatchHeader, stampBatch, type BatchHeader } from '@tally/kafka-wire';
import { isStorageFull, type FileSystem } from '../files/file-system.js';
import { writeProducerSnapshot } from '../producers/producer-snapshot.js';
import type { ProducerStates, SequenceVerdict } from '../producers/producer-states.js';
import { Segment, segmentFileName } from '../segment/segment.js';
import { writeLogStart } from './log-start.js';
import { truncateTo, type OpenedPartition } from './open-partition.js';

/**
 * The one leader epoch of a log without replicas: in every batch and every answer, since clients
 * compare them.
 */
export const LEADER_EPOCH = 0;

/** A batch on its way into a partition. */
export interface NewBatch {
  /** Valid; stamped in place. */
  readonly bytes: Buffer;
  /** Its records get the time of the append instead of the producer's. */
  readonly stampTime: boolean;
}

export interface AppendedBatch {
  readonly baseOffset: bigint;
  /** ms since 1970; undefined where the records keep their time. */
  readonly appendTimeMs: number | undefined;
}

/** What becomes of a batch once its round is durable. */
export type BatchOutcome =
  | ({ readonly kind: 'appended' } & AppendedBatch)
  /** The producer had sent it before; this is where it lies. */
  | ({ readonly kind: 'duplicate' } & AppendedBatch)
  /** Not in the log: batches of its producer that belong before it are missing. */
  | { readonly kind: 'out_of_order' }
  /** Not in the log: its producer has begun anew since. */
  | { readonly kind: 'stale_epoch' };

/** Batches that are in the file and not durable yet. */
export interface WrittenBatches {
  /** One per batch, in their order. */
  readonly outcomes: readonly BatchOutcome[];
  /** Resolves when they are durable; a failure means that the log must end. */
  sync(): Promise<void>;
  /** From now on they can be read. */
  publish(): void;
}

export type ReadOutcome =
  { readonly kind: 'batches'; readonly bytes: Buffer } | { readonly kind: 'out_of_range' };

/** Where a record is that was looked up by time. */
export interface TimedOffset {
  readonly offset: bigint;
  readonly timestampMs: number;
}

const NOTHING = Buffer.alloc(0);

/**
 * One ordered log. Every record below `highWatermark` is durable and can be read; there are no
 * others for a reader. Writing is the commit loop's, one round at a time.
 */
export class Partition {
  private readonly segments: Segment[];
  private readonly listeners = new Set<() => void>();
  private start: bigint;
  private lastAppendTimeMs: number;
  private readonly producers: ProducerStates;
  private savedProducersAt: bigint | undefined;
  private folderChanged = false;
  private open = true;

  constructor(
    private readonly files: FileSystem,
    private folder: string,
    readonly number: number,
    private readonly segmentBytes: number,
    { segments, logStart, lastAppendTimeMs, producers, savedProducersAt }: OpenedPartition,
  ) {
    this.segments = segments;
    this.start = logStart;
    this.lastAppendTimeMs = lastAppendTimeMs;
    this.producers = producers;
    this.savedProducersAt = savedProducersAt;
  }

  /** Offset of the first record that there is. */
  get logStart(): bigint {
    return this.start;
  }

  /** The offset behind the last durable record. */
  get highWatermark(): bigint {
    return this.active.endOffset;
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
   * Whole stored batches, beginning with the one that contains `offset`, of at most `maxBytes`
   * together; the first one in any case. Empty at the high watermark. Throws DamagedLog.
   */
  async read(offset: bigint, maxBytes: number): Promise<ReadOutcome> {
    if (offset < this.start || offset > this.highWatermark) return { kind: 'out_of_range' };
    if (offset === this.highWatermark) return { kind: 'batches', bytes: NOTHING };
    const segment = this.segments.findLast(({ baseOffset }) => baseOffset <= offset);
    if (segment === undefined) return { kind: 'out_of_range' };
    return { kind: 'batches', bytes: await segment.read(offset, maxBytes) };
  }

  /**
   * The first record whose timestamp is at least `timeMs`; undefined when there is none. Where the
   * records keep the time that their producer gave, the first record of the batch that has one.
   */
  async firstAtOrAfter(timeMs: number): Promise<TimedOffset | undefined> {
    const segment = this.segments.find(
      ({ maxTimestampMs, endOffset }) => maxTimestampMs >= timeMs && endOffset > this.start,
    );
    if (segment === undefined) return undefined;
    const { baseOffset, maxTimestampMs } = await segment.firstAtOrAfter(timeMs);
    const offset = baseOffset < this.start ? this.start : baseOffset;
    return { offset, timestampMs: maxTimestampMs };
  }

  /** The segments of now, in order; the last one is being written. */
  allSegments(): readonly Segment[] {
    return [...this.segments];
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
      headers.push({
        ...header,
        baseOffset,
        maxTimestampMs: placed.appendTimeMs ?? header.maxTimestampMs,
      });
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
    if (!(await writeLogStart(this.files, this.folder, offset))) return false;
    this.start = offset;
    // The name of the segment that stays has to be durable before another one goes.
    await this.syncFolder();
    while (this.segments.length > 1) {
      const [first] = this.segments;
      if (first === undefined || first.endOffset > offset) break;
      this.segments.shift();
      await this.files.remove(first.path);
      await first.retire();
    }
    return true;
  }

  /**
   * Writes down what producers have appended below the high watermark, so that nothing below it has to
   * be read for that. With a full disk the old note stays: it says less, and nothing wrong.
   */
  async saveProducers(): Promise<void> {
    const { files, folder, highWatermark, producers } = this;
    if (this.savedProducersAt === highWatermark) return;
    const isSaved = await writeProducerSnapshot(files, folder, highWatermark, producers.entries());
    if (isSaved) this.savedProducersAt = highWatermark;
  }

  /** What comes next goes into a new segment. For the commit loop. False: the disk is full. */
  async endSegment(): Promise<boolean> {
    if (this.active.size === 0) return true;
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
    if (active.size === 0 || active.size + bytes <= this.segmentBytes) return active;
    return this.beginSegment();
  }

  private async beginSegment(): Promise<Segment | 'storage_full'> {
    const { endOffset } = this.active;
    const path = join(this.folder, segmentFileName(endOffset));
    try {
      const segment = new Segment(path, endOffset, await this.files.open(path, 'create'));
      this.folderChanged = true;
      this.segments.push(segment);
      await this.saveProducers();
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
    await this.files.syncFolder(this.folder);
    this.folderChanged = false;
  }

  private announce(): void {
    for (const listener of this.listeners) listener();
  }
}

/**
 * False when the disk has no room: then the file ends, durably, where it ended before. Node tells of
 * a full disk by a short count as often as by an error.
 */
async function writeOrCut(segment: Segment, buffers: Buffer[], bytes: number): Promise<boolean> {
  try {
    if ((await segment.file.write(buffers, segment.size)) === bytes) return true;
  } catch (error) {
    if (!isStorageFull(error)) throw error;
  }
  await truncateTo(segment.file, segment.size);
  return false;
}

function outcomeOf(verdict: Exclude<SequenceVerdict, { kind: 'next' }>): BatchOutcome {
  if (verdict.kind !== 'duplicate') return verdict;
  const { baseOffset, appendTimeMs } = verdict.batch;
  return { kind: 'duplicate', baseOffset, appendTimeMs };
}
