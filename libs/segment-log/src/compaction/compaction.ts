import { readBatchHeader } from '@tally/kafka-wire';
import type { Partition } from '../partition/partition.js';
import type { Segment } from '../segment/segment.js';
import { Cleaner, recordsOf } from './cleaner.js';
import { hashOf, KeyOffsets } from './key-offsets.js';
import { rewriteSegment, type BatchesOf } from './rewrite-segment.js';
import type { SegmentCopy } from './segment-copy.js';

/** Read and written at once. */
const STEP_BYTES = 1 << 20;
/** Segments are read again only when what was added since is so large a part of all: bounds how often a record is written. */
const DIRTY_SHARE = 1 / 3;

/** Puts a copy that is durable in the place of its segment; false: the segment is gone. */
export type ReplaceSegment = (
  partition: Partition,
  segment: Segment,
  copy: SegmentCopy,
) => Promise<boolean>;

/** Told how much was read; waits as long as a bound on speed asks for. */
export interface ReadPace {
  read(bytes: number): Promise<void>;
}

/** What a pass did. `stopped`: the disk is full, or the partition has changed meanwhile. */
export interface Pass {
  readonly kind: 'done' | 'stopped';
  readonly removedRecords: number;
  readonly removedBytes: number;
}

interface Progress {
  readonly endOffset: bigint;
  /** All keys were known at once; else the next pass goes on with the keys behind. */
  readonly hadRoom: boolean;
}

const NONE: Progress = { endOffset: -1n, hadRoom: true };
const STOPPED: Pass = { kind: 'stopped', removedRecords: 0, removedBytes: 0 };

/**
 * Keeps the last record of each key of a partition, in the segments that are complete. Each segment is
 * written anew beside itself, made durable and renamed over the old one, oldest first: after a crash
 * each is the old one or the new one, and a record that deletes a key is never gone before what it
 * deletes.
 */
export class Compaction {
  /** How far the last pass got. Forgotten at the end of the process: then all is looked at again. */
  private readonly passes = new WeakMap<Partition, Progress>();

  constructor(
    /** Keys that are known at once, about 100 bytes each; with more, a pass gets less far and the next one further. */
    private readonly maxKeys: number,
    private readonly replace: ReplaceSegment,
  ) {}

  /** Whether enough was added since the last pass. */
  isDue(partition: Partition): boolean {
    const sealed = partition.allSegments().slice(0, -1);
    const { endOffset: cleanTo, hadRoom } = this.passes.get(partition) ?? NONE;
    const sum = (segments: readonly Segment[]) => segments.reduce((all, { size }) => all + size, 0);
    const dirty = sum(sealed.filter(({ endOffset }) => endOffset > cleanTo));
    // What cannot be read may hold any key.
    if (partition.damage.length > 0 || dirty === 0) return false;
    return !hadRoom || dirty >= sum(sealed) * DIRTY_SHARE;
  }

  /** `tombstonesBeforeMs`: records that delete their key go when they are older. Throws DamagedLog. */
  async pass(partition: Partition, tombstonesBeforeMs: number, pace: ReadPace): Promise<Pass> {
    const batchesOf = (segment: Segment) => readBatches(partition, segment, pace);
    const sealed = partition.allSegments().slice(0, -1);
    const last = this.passes.get(partition) ?? NONE;
    const progress = await this.lastOffsets(batchesOf, sealed, last.hadRoom ? 0n : last.endOffset);
    if (progress === undefined) return STOPPED;
    const { keys, endOffset, hadRoom } = progress;
    const cleaner = new Cleaner({ keys, endOffset, tombstonesBeforeMs });
    let [removedRecords, removedBytes] = [0, 0];
    for (const segment of sealed) {
      if (segment.baseOffset >= endOffset) break;
      const before = segment.size;
      const outcome = await this.clean(partition, segment, cleaner, batchesOf);
      if (outcome === undefined) return { kind: 'stopped', removedRecords, removedBytes };
      removedRecords += outcome.removed;
      removedBytes += before - outcome.bytes;
    }
    this.passes.set(partition, { endOffset, hadRoom });
    return { kind: 'done', removedRecords, removedBytes };
  }

  /** Of the records from an offset on; undefined: the partition has changed meanwhile. */
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

  /** What went of a segment; undefined: it was not done. */
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
      case 'stopped':
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

/** Each batch of a segment, in order, until the segment is gone: deleted with its records, or its topic. */
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
