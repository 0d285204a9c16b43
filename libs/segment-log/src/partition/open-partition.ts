import { join } from 'node:path';
import { isMissing, type FileSystem } from '../files/file-system.js';
import type { OpenFiles } from '../files/open-files.js';
import { removeUnfinished } from '../files/replace-file.js';
import { isMarkBehind, type Mark } from '../marks/mark-file.js';
import { readProducerSnapshot } from '../producers/producer-snapshot.js';
import { ProducerStates, type ProducerLimits } from '../producers/producer-states.js';
import { cutTail, type CutTail } from '../recovery/cut-tail.js';
import { FoundDamage } from '../recovery/found-damage.js';
import { openLast } from '../recovery/open-last-segment.js';
import { openSealed, type OpeningSegment } from '../recovery/open-segment.js';
import type { PartitionId } from '../segment/index-layout.js';
import { segmentFileName, segmentsIn } from '../segment/segment-file-name.js';
import type { Segment } from '../segment/segment.js';
import type { StoredIndexes } from '../segment/stored-indexes.js';
import { writeAgain } from '../recovery/write-again.js';
import { replayProducers } from '../recovery/replay-producers.js';
import { stillDamaged } from '../recovery/listed-damage.js';
import { readLogStart } from './log-start.js';
import { Quarantine, readDamageList } from './quarantine.js';

/** Why a torn tail stays where it is, and nothing can be appended behind what is before it. */
const NO_ROOM =
  'its end was being written and has to be kept before it is cut off: there is no room for that; make room and start the log again';

/** What opening a partition has found. */
export interface OpenedPartition {
  /** In order, the last being written; none only where the end is in doubt. */
  readonly segments: Segment[];
  readonly logStart: bigint;
  /** The max append time that the log has given to a record, ms since 1970. */
  readonly lastAppendTimeMs: number;
  readonly quarantine: Quarantine;
  /** undefined: the end is beyond doubt. */
  readonly doubt: EndInDoubt | undefined;
  readonly producers: ProducerStates;
  /** Offset of the note of them that is on the disk. */
  readonly savedProducersAt: bigint | undefined;
  readonly cut: CutTail | undefined;
}

/** Records are missing at the end: a new one could get an offset that another one had. */
export interface EndInDoubt {
  readonly reason: string;
  /** Behind the last offset that is known to have been given. */
  readonly end: bigint;
  /** Stays as it is until the doubt is over. */
  readonly mark: Mark | undefined;
}

/** What opening a partition needs. */
export interface OpeningPartition {
  readonly files: FileSystem;
  readonly openFiles: OpenFiles;
  readonly indexes: StoredIndexes;
  readonly folder: string;
  readonly partitionId: PartitionId;
  /** Up to where it was durable; undefined where that is not known. */
  readonly mark: Mark | undefined;
  /** Where cut tails that hold whole batches are kept, and under which name. */
  readonly quarantine: { readonly folder: string; readonly name: string };
  /** Bounds what is known of producers. */
  readonly producers: ProducerLimits;
  /** ms since 1970. */
  readonly now: () => number;
}

/** Makes the folder of an empty partition; the caller syncs the folder above. */
export async function makePartition(files: FileSystem, folder: string): Promise<void> {
  await files.makeFolder(folder);
  const file = await files.open(join(folder, segmentFileName(0n)), 'create');
  await file.close();
  await files.syncFolder(folder);
}

/**
 * Opens what is there, as docs/formats/segment-log.md says. What was durable and is missing or wrong is
 * put into quarantine; only a torn tail is cut off. What is returned is durable.
 */
export async function openPartition(opening: OpeningPartition): Promise<OpenedPartition> {
  const { files, folder, mark, now } = opening;
  const bases = await basesIn(opening);
  const damage = new FoundDamage(now);
  const segments: Segment[] = [];
  let doubt: string | undefined;
  let cut: CutTail | undefined;
  try {
    for (const [index, baseOffset] of bases.entries()) {
      const path = join(folder, segmentFileName(baseOffset));
      const file = opening.openFiles.existing(path);
      const segment: OpeningSegment = {
        ...opening,
        path,
        baseOffset,
        file,
        fileBytes: await file.size(),
        damage,
      };
      // A mark in a later segment says that this one was left, although none follows.
      const next =
        bases[index + 1] ?? (isMarkBehind(mark, baseOffset) ? mark.baseOffset : undefined);
      if (next !== undefined) {
        segments.push(await openSealed(segment, next));
        continue;
      }
      const last = await openLast(segment, mark);
      segments.push(last.segment);
      ({ doubt } = last);
      if (doubt !== undefined || last.isDurable) continue;
      // After a killed process its batches may be in the memory of the kernel alone.
      if (last.segment.size < segment.fileBytes) {
        const done = await cutTail(files, last.segment, segment.fileBytes, opening.quarantine);
        if (done === 'storage_full') doubt = NO_ROOM;
        else cut = done;
      }
      const marked = mark?.baseOffset === baseOffset ? mark.position : 0;
      await writeAgain(file, marked, last.segment.size);
    }
    const logStart = await startOf(opening);
    const end = endOf(segments, mark, logStart);
    if (end.missing !== undefined) {
      doubt ??= end.missing.reason;
      const name = segmentFileName(mark?.baseOffset ?? end.missing.from);
      damage.addMissing(name, end.missing.from, end.offset, end.missing.reason);
    }
    const [first] = segments;
    if (first !== undefined && first.baseOffset > logStart) {
      const reason = `the first segment begins with offset ${first.baseOffset}`;
      damage.addMissing(segmentFileName(logStart), logStart, first.baseOffset, reason);
    }
    const quarantine = new Quarantine();
    for (const range of damage.ranges) quarantine.add(range);
    const listed = await readDamageList(files, folder);
    for (const range of await stillDamaged(listed, segments)) quarantine.add(range);
    quarantine.forgetBefore(logStart);
    if (listed.length > 0 || damage.ranges.length > 0) await quarantine.save(files, folder);
    const snapshot = await readProducerSnapshot(files, folder);
    const producers = new ProducerStates(opening.producers, snapshot?.states);
    // A note of batches that the log lost is one of another log.
    if (snapshot !== undefined && snapshot.offset > end.offset) producers.forgetFrom(end.offset);
    await replayProducers(producers, snapshot?.offset ?? logStart, segments, quarantine, now);
    await files.syncFolder(folder);
    const lastAppendTimeMs = Math.max(0, ...segments.map(({ summary }) => summary.maxAppendTimeMs));
    return {
      segments,
      logStart,
      lastAppendTimeMs,
      quarantine,
      producers,
      savedProducersAt: snapshot?.offset,
      doubt: doubt === undefined ? undefined : { reason: doubt, end: end.offset, mark },
      cut,
    };
  } catch (error) {
    await Promise.all(segments.map((segment) => segment.retire()));
    throw error;
  }
}

/** Base offsets of the segments, in order. A folder that is gone has none. */
async function basesIn({ files, folder }: OpeningPartition): Promise<bigint[]> {
  let bases: bigint[] = [];
  try {
    bases = await segmentsIn(files, folder);
  } catch (error) {
    if (!isMissing(error)) throw error;
    await files.makeFolder(folder);
  }
  await removeUnfinished(files, folder);
  return bases;
}

/** What the file says, or where it is lost the mark. */
async function startOf({ files, folder, mark }: OpeningPartition): Promise<bigint> {
  const marked = mark?.logStart ?? 0n;
  const stored = await readLogStart(files, folder);
  return typeof stored === 'bigint' && stored > marked ? stored : marked;
}

interface End {
  readonly offset: bigint;
  readonly missing: { readonly from: bigint; readonly reason: string } | undefined;
}

/** Where the log ends, and which records are missing there. */
function endOf(segments: readonly Segment[], mark: Mark | undefined, logStart: bigint): End {
  const last = segments.at(-1);
  const known = mark !== undefined && mark.offset > logStart ? mark.offset : logStart;
  if (last !== undefined && last.endOffset >= known) {
    const isThere = mark === undefined || mark.baseOffset <= last.baseOffset;
    if (isThere) return { offset: last.endOffset, missing: undefined };
    const reason = `the segment ${segmentFileName(mark.baseOffset)} is missing`;
    return { offset: last.endOffset, missing: { from: last.endOffset, reason } };
  }
  const from = last?.endOffset ?? logStart;
  const reason =
    last === undefined ? 'there is no segment' : `it ends at ${from}, and ${known} was reached`;
  return { offset: known, missing: { from, reason } };
}
