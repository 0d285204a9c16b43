import { join } from 'node:path';
import { SegmentCopy } from '../compaction/segment-copy.js';
import { isStorageFull } from '../files/file-system.js';
import { UNFINISHED } from '../files/replace-file.js';
import type { PartitionId } from '../segment/index-layout.js';
import { segmentFileName } from '../segment/segment-file-name.js';
import { Segment } from '../segment/segment.js';
import type { PartitionParts } from './partition-parts.js';

/** The segments of a partition, in order, as files of its folder. The last one is being written. */
export class SegmentList {
  private folderChanged = false;
  private open = true;

  constructor(
    private readonly parts: PartitionParts,
    private readonly partitionId: PartitionId,
    private readonly folder: string,
    private readonly segments: Segment[],
  ) {}

  get isOpen(): boolean {
    return this.open;
  }

  get active(): Segment {
    const active = this.segments.at(-1);
    if (active === undefined) throw new Error('a partition without a segment');
    return active;
  }

  all(): readonly Segment[] {
    return [...this.segments];
  }

  /** Whether a segment is still one of them. */
  has(segment: Segment): boolean {
    return this.open && this.segments.includes(segment);
  }

  /** The one that has an offset, where there is one. */
  at(offset: bigint): Segment | undefined {
    return this.segments.findLast(({ baseOffset }) => baseOffset <= offset);
  }

  /** Begins the next one. */
  async begin(): Promise<Segment | 'storage_full'> {
    const { active } = this;
    const path = join(this.folder, segmentFileName(active.endOffset));
    try {
      const { openFiles, indexes, writer } = this.parts;
      const file = await openFiles.create(path);
      const segment = new Segment(path, active.endOffset, file, indexes);
      this.folderChanged = true;
      this.segments.push(segment);
      void writer.run(() => this.storeIndex(active, true));
      return segment;
    } catch (error) {
      if (isStorageFull(error)) return 'storage_full';
      throw error;
    }
  }

  /** Resolves when what is written is durable. A new file is found after a power cut only when its name is too. */
  async sync(segment: Segment): Promise<void> {
    await segment.file.datasync();
    await this.syncFolder();
  }

  /**
   * Takes out those whose records all lie before `offset`, but never the last one. Returns their files,
   * which are to be removed: large ones take long, and no append has to wait for that.
   */
  async retireBefore(offset: bigint): Promise<readonly string[]> {
    const { files, indexes } = this.parts;
    const retired: string[] = [];
    // The name of the segment that stays has to be durable before another one goes.
    await this.syncFolder();
    while (this.segments.length > 1) {
      const [first] = this.segments;
      if (first === undefined || first.endOffset > offset) break;
      this.segments.shift();
      await indexes.remove(first.path);
      const unwanted = `${first.path}${UNFINISHED}`;
      // Held meanwhile: those who read it would look for it under its name.
      await first.reading(async () => {
        await files.rename(first.path, unwanted);
        await first.retire();
      });
      retired.push(unwanted);
    }
    return retired;
  }

  /** An empty copy of a segment, to be written and to replace it. */
  async copyOf(segment: Segment): Promise<SegmentCopy | 'storage_full'> {
    try {
      return await SegmentCopy.of(segment, this.parts);
    } catch (error) {
      if (isStorageFull(error)) return 'storage_full';
      throw error;
    }
  }

  /** Replaces a segment that is complete by a copy that is durable. False: it is none of them any more. */
  async replace(segment: Segment, copy: SegmentCopy): Promise<boolean> {
    const index = this.segments.indexOf(segment);
    if (!this.open || index < 0 || segment === this.active) return false;
    const { files, indexes } = this.parts;
    // Nothing may describe the old bytes once the new ones are there; and where the mark is still that
    // of this segment, the one that follows has to be found, or this would be the last one.
    await indexes.remove(segment.path);
    await files.syncFolder(this.folder);
    await segment.reading(() =>
      copy.segment.reading(async () => {
        await files.rename(copy.path, segment.path);
        copy.segment.file.movedTo(segment.path);
        await files.syncFolder(this.folder);
        this.segments[index] = copy.segment;
        await segment.retire();
      }),
    );
    void this.parts.writer.run(() => this.storeIndex(copy.segment, true));
    return true;
  }

  /** Writes the index of a segment where it is missing. `isSealed`: no batch will be added. */
  async storeIndex(segment: Segment, isSealed: boolean): Promise<void> {
    const { indexToStore, path, summary, size } = segment;
    if (indexToStore === undefined || size === 0 || !this.has(segment)) return;
    const { indexes } = this.parts;
    const isStored = await indexes.write(path, this.partitionId, summary, isSealed, indexToStore);
    if (isStored && isSealed) segment.useStoredIndex();
  }

  /** From now on nothing is written here; reads that have begun end well. */
  async close(): Promise<void> {
    this.open = false;
    await Promise.all(this.segments.map((segment) => segment.retire()));
  }

  private async syncFolder(): Promise<void> {
    if (!this.folderChanged) return;
    await this.parts.files.syncFolder(this.folder);
    this.folderChanged = false;
  }
}
