import { basename } from 'node:path';
import { DamagedLog } from '../files/damaged-log.js';
import type { LogFile } from '../files/file-system.js';
import { MissingFile } from '../files/open-files.js';
import type { DamagedRange } from '../segment/damaged-range.js';
import type { PartitionId } from '../segment/index-layout.js';
import { RetiredSegment } from '../segment/retiring-file.js';
import { findBatchAfter, type ScanStart } from '../segment/scan-segment.js';
import type { Segment } from '../segment/segment.js';
import type { PartitionParts } from './partition-parts.js';
import type { Quarantine } from './quarantine.js';
import type { SegmentList } from './segment-list.js';

/** Which records of a partition cannot be read, and how that is found out while it is open. */
export class PartitionDamage {
  constructor(
    private readonly parts: PartitionParts,
    private readonly partitionId: PartitionId,
    private readonly folder: string,
    private readonly segments: SegmentList,
    private readonly quarantine: Quarantine,
  ) {}

  /** In order. */
  all(): readonly DamagedRange[] {
    return this.quarantine.all();
  }

  /** The range that has a record. */
  at(offset: bigint): DamagedRange | undefined {
    return this.quarantine.at(offset);
  }

  in({ path }: Segment): readonly DamagedRange[] {
    return this.quarantine.inSegment(basename(path));
  }

  /** See Partition. */
  async putInQuarantine(
    segment: Segment,
    from: ScanStart,
    reason: string,
    file: LogFile | undefined,
  ): Promise<ScanStart | undefined> {
    const { size, endOffset } = segment;
    const next = file && (await findBatchAfter(file, size, from.position, from.offset, endOffset));
    const end = next ?? { position: size, offset: endOffset };
    if (!this.segments.has(segment)) return undefined;
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
      this.parts.onDamage(this.partitionId, range);
      await this.save();
    }
    return end;
  }

  /**
   * Puts into quarantine what a read found out, so that the next one knows it. Nothing happens where
   * another segment has replaced that one: the next read is of that.
   */
  async note(segment: Segment, error: unknown): Promise<void> {
    if (error instanceof RetiredSegment) return;
    if (!(error instanceof DamagedLog)) throw error;
    if (!this.segments.isOpen) return;
    const { position, offset, detail } = error;
    if (error instanceof MissingFile) {
      const all = { position: 0, offset: segment.baseOffset };
      await this.putInQuarantine(segment, all, detail, undefined);
      return;
    }
    if (position === undefined || offset === undefined) throw error;
    const from = { position, offset };
    try {
      await segment.reading(() => this.putInQuarantine(segment, from, detail, segment.file));
    } catch (gone) {
      // It was removed meanwhile.
      if (!(gone instanceof RetiredSegment)) throw gone;
    }
  }

  /** Records before `offset` are gone, damaged ones too. */
  async forgetBefore(offset: bigint): Promise<void> {
    if (this.quarantine.forgetBefore(offset)) await this.save();
  }

  /** Writes the list. */
  save(): Promise<void> {
    return this.parts.writer.run(async () => {
      if (this.segments.isOpen) await this.quarantine.save(this.parts.files, this.folder);
    });
  }
}
