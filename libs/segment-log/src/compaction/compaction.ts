import { readBatchHeader } from '@tally/kafka-wire';
import type { Partition } from '../partition/partition.js';
import type { Segment } from '../segment/segment.js';
import { Cleaner, recordsOf } from './cleaner.js';
import { hashOf, KeyOffsets } from './key-offsets.js';
import { rewriteSegment, type BatchesOf } from './rewrite-segment.js';
import type { SegmentCopy } from './segment-copy.js';

/** Bytes that a pass reads with one call. */
const STEP_BYTES = 1 << 20;
/**
 * A pass is due when at least this part of the bytes in complete segments was added since the last one.
 * That bounds its work: for each byte that is appended, about three are read and written again.
 */
const DIRTY_SHARE = 1 / 3;

/** Which segments may be compacted, and when it is worth it. */
export interface CompactionRules {
  /** From the first segment on that may have a record of that time or a later one nothing is touched, ms since 1970; Infinity: all may be. */
  readonly settledBeforeMs: number;
  /** Instead of a third. */
  readonly dirtyShare: number | undefined;
}

/** Replaces a segment by its copy, which is durable. False: the segment is gone. */
export type ReplaceSegment = (
  partition: Partition,
  segment: Segment,
  copy: SegmentCopy,
) => Promise<boolean>;

/** Is told how much was read, and resolves when reading may go on: it bounds the speed. */
export interface ReadPace {
  read(bytes: number): Promise<void>;
}

/**
 * What a pass did. `unfinished`: the disk is full, or segments were deleted while the pass read them. The
 * segments that it had replaced by then stay replaced.
 */
export interface Pass {
  readonly kind: 'done' | 'unfinished';
  readonly removedRecords: number;
  readonly removedBytes: number;
}

interface Progress {
  /** The pass has looked at the keys of all records before this one. */
  readonly endOffset: bigint;
  /** False: there are more keys than it could hold; the next pass goes on at `endOffset`. */
  readonly hadRoom: boolean;
}

const NONE: Progress = { endOffset: -1n, hadRoom: true };
const UNFINISHED: Pass = { kind: 'unfinished', removedRecords: 0, removedBytes: 0 };

/**
 * Keeps only the last record of each key of a partition, in the segments that are complete. Each
 * segment is written anew into a file beside it; the file is synced and then renamed over the segment.
 * So each segment is the old one or the new one after a crash. Older segments are replaced before newer
 * ones: a record that deletes a key is still there as long as an earlier record of that key is.
 */
export class Compaction {
  /** How far the last pass got. It is not stored: the first pass after a start looks at all records. */
  private readonly passes = new WeakMap<Partition, Progress>();

  constructor(
    /**
     * How many keys a pass holds, of about 100 bytes each. Where there are more, it ends before the
     * record whose key has no room, and the next pass goes on there.
     */
    private readonly maxKeys: number,
    private readonly replace: ReplaceSegment,
  ) {}

  /** Whether enough was added since the last pass to make another one worth it. */
  isDue(partition: Partition, rules: CompactionRules): boolean {
    const dirty = sizeOf(this.dirty(partition, rules));
    if (dirty === 0) return false;
    if (!(this.passes.get(partition) ?? NONE).hadRoom) return true;
    const all = sizeOf(settledSegments(partition, rules));
    return dirty >= all * (rules.dirtyShare ?? DIRTY_SHARE);
  }

  /** The segments that may be compacted and have records that no pass has looked at, in order. */
  dirty(partition: Partition, rules: CompactionRules): readonly Segment[] {
    // A record that cannot be read may be the last one of any key: nothing can safely go.
    if (partition.damage.length > 0) return [];
    const { endOffset: cleanTo } = this.passes.get(partition) ?? NONE;
    return settledSegments(partition, rules).filter(({ endOffset }) => endOffset > cleanTo);
  }

  /**
   * Compacts once. `tombstonesBeforeMs`: a record that deletes its key goes when it is older than that,
   * ms since 1970. Throws DamagedLog.
   */
  async pass(
    partition: Partition,
    tombstonesBeforeMs: number,
    rules: CompactionRules,
    pace: ReadPace,
  ): Promise<Pass> {
    const batchesOf = (segment: Segment) => readBatches(partition, segment, pace);
    const sealed = settledSegments(partition, rules);
    const last = this.passes.get(partition) ?? NONE;
    const progress = await this.lastOffsets(batchesOf, sealed, last.hadRoom ? 0n : last.endOffset);
    if (progress === undefined) return UNFINISHED;
    const { keys, endOffset, hadRoom } = progress;
    const cleaner = new Cleaner({ keys, endOffset, tombstonesBeforeMs });
    let [removedRecords, removedBytes] = [0, 0];
    for (const segment of sealed) {
      if (segment.baseOffset >= endOffset) break;
      const before = segment.size;
      const outcome = await this.clean(partition, segment, cleaner, batchesOf);
      if (outcome === undefined) return { kind: 'unfinished', removedRecords, removedBytes };
      removedRecords += outcome.removed;
      removedBytes += before - outcome.bytes;
    }
    this.passes.set(partition, { endOffset, hadRoom });
    return { kind: 'done', removedRecords, removedBytes };
  }

  /**
   * The offset of the last record of each key, among the records from `from` on. undefined: segments were
   * deleted meanwhile.
   */
  private async lastOffsets(batchesOf: BatchesOf, sealed: readonly Segment[], from: bigint) {
    const keys = new KeyOffsets(this.maxKeys);
    let endOffset = from;
    for (const segment of sealed.filter((one) => one.endOffset > from)) {
      for await (const batch of batchesOf(segment)) {
        if (batch === 'gone') return undefined;
        for (const { key, offset } of recordsOf(batch) ?? []) {
          if (key === null || offset < from) continue;
          if (!keys.add(hashOf(key), offset)) return { keys, endOffset: offset, hadRoom: false };
        }
      }
      endOffset = segment.endOffset;
    }
    return { keys, endOffset, hadRoom: true };
  }

  /** Rewrites one segment: how many records went, and the bytes that are left. undefined: it was not done. */
  private async clean(
    partition: Partition,
    segment: Segment,
    cleaner: Cleaner,
    batchesOf: BatchesOf,
  ) {
    const rewrite = await rewriteSegment(segment, cleaner, batchesOf, () =>
      partition.copyOf(segment),
    );
    switch (rewrite.kind) {
      case 'unchanged':
        return { removed: 0, bytes: segment.size };
      case 'unfinished':
        return undefined;
      case 'rewritten': {
        const { copy, removed } = rewrite;
        await copy.sync();
        const bytes = copy.segment.size;
        if (await this.replace(partition, segment, copy)) return { removed, bytes };
        await copy.discard();
        return undefined;
      }
    }
  }
}

/** Complete ones, up to the first that has young records. */
function settledSegments(
  partition: Partition,
  { settledBeforeMs }: CompactionRules,
): readonly Segment[] {
  const sealed = partition.allSegments().slice(0, -1);
  const young = sealed.findIndex(({ maxTimestampMs = -1 }) => maxTimestampMs >= settledBeforeMs);
  return young === -1 ? sealed : sealed.slice(0, young);
}

function sizeOf(segments: readonly Segment[]): number {
  return segments.reduce((all, { size }) => all + size, 0);
}

/** Each batch of a segment, in order; `gone` when the segment or its topic is deleted meanwhile. */
async function* readBatches(
  partition: Partition,
  segment: Segment,
  pace: ReadPace,
): AsyncGenerator<Buffer | 'gone'> {
  for (let offset = segment.baseOffset; offset < segment.endOffset;) {
    if (!partition.isOpen || !partition.allSegments().includes(segment)) {
      yield 'gone';
      return;
    }
    const bytes = await segment.read(offset, STEP_BYTES);
    for (let at = 0; at < bytes.length;) {
      const header = readBatchHeader(bytes, at);
      if (header === undefined) throw new Error('expected a batch');
      yield bytes.subarray(at, at + header.size);
      at += header.size;
      offset = header.baseOffset + BigInt(header.count);
    }
    await pace.read(bytes.length);
  }
}
