import { readBatchHeader } from '@tally/kafka-wire';
import { isStorageFull, type FileSystem } from '../files/file-system.js';
import { UNFINISHED } from '../files/replace-file.js';
import { Segment } from '../segment/segment.js';
import type { PartitionParts } from '../partition/partition-parts.js';

/** A segment that is written anew, beside the one that it will replace. One that a start finds is removed. */
export class SegmentCopy {
  private constructor(
    private readonly files: FileSystem,
    readonly path: string,
    /** Has the path that the copy will have: that of the segment that it replaces. */
    readonly segment: Segment,
  ) {}

  static async of(
    { path, baseOffset }: Segment,
    { files, openFiles, indexes }: PartitionParts,
  ): Promise<SegmentCopy> {
    const copy = `${path}${UNFINISHED}`;
    const file = await openFiles.create(copy);
    return new SegmentCopy(files, copy, new Segment(path, baseOffset, file, indexes));
  }

  /** False: the disk is full. */
  async write(batches: readonly Buffer[]): Promise<boolean> {
    const { segment } = this;
    if (batches.length === 0) return true;
    const bytes = batches.reduce((sum, { length }) => sum + length, 0);
    try {
      if ((await segment.file.write(batches, segment.size)) !== bytes) return false;
    } catch (error) {
      if (!isStorageFull(error)) throw error;
      return false;
    }
    for (const batch of batches) {
      const header = readBatchHeader(batch);
      if (header?.size !== batch.length) throw new Error('expected one whole record batch');
      segment.add(header);
    }
    return true;
  }

  /** Resolves when what was written is on the disk. */
  sync(): Promise<void> {
    return this.segment.file.datasync();
  }

  async discard(): Promise<void> {
    await this.segment.retire();
    await this.files.remove(this.path);
  }
}
