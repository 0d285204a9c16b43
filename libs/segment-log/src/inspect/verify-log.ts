import { join } from 'node:path';
import { DamagedLog } from '../files/damaged-log.js';
import { isMissing, type FileSystem } from '../files/file-system.js';
import { MissingFile, OpenFiles, type HeldFile } from '../files/open-files.js';
import { readFile } from '../files/read-file.js';
import { readLogId } from '../log-identity.js';
import { decodeMarks, isMarkBehind, type Mark, type MarkSet } from '../marks/mark-file.js';
import { MARK_FILES, readMarks } from '../marks/mark-keeper.js';
import { readLogStart } from '../partition/log-start.js';
import { FoundDamage } from '../recovery/found-damage.js';
import { checkLast } from '../recovery/open-last-segment.js';
import { checkSealed, isOf, type OpeningSegment } from '../recovery/open-segment.js';
import { nameOfRange } from '../segment/damaged-range.js';
import { segmentFileName, segmentsIn } from '../segment/segment-file-name.js';
import type { Segment } from '../segment/segment.js';
import { indexFileOf, StoredIndexes } from '../segment/stored-indexes.js';
import { partitionFolders, topicNames, type PartitionFolder } from './log-folder-layout.js';

/** What is wrong with one file. */
export interface Finding {
  readonly file: string;
  readonly text: string;
}

/** Told of each segment that was checked. */
export type OnChecked = (segment: { readonly records: bigint; readonly bytes: number }) => void;

/**
 * Reads every file of a log and yields what is wrong. It writes nothing and needs no lock: the log may
 * be running. What lies behind the marks is not held against a running log, since it is being written.
 */
export async function* verifyLog(
  files: FileSystem,
  folder: string,
  onChecked: OnChecked = () => undefined,
): AsyncGenerator<Finding> {
  let marks: MarkSet | undefined;
  try {
    const logId = await readLogId(files, folder);
    // First of all: what they promise stays true while the rest is read.
    marks = await readMarks(files, folder, logId);
    yield* verifyMarks(files, folder, logId, marks);
  } catch (error) {
    if (!(error instanceof DamagedLog)) throw error;
    yield { file: error.file, text: error.detail };
  }
  for (const name of await topicNames(files, folder)) {
    try {
      for (const partition of await partitionFolders(files, folder, name)) {
        yield* verifyPartition(files, partition, marks?.marks ?? [], onChecked);
      }
    } catch (error) {
      if (!(error instanceof DamagedLog)) throw error;
      yield { file: error.file, text: error.detail };
    }
  }
}

/** One that is being written is never the newest one. */
async function* verifyMarks(
  files: FileSystem,
  folder: string,
  logId: string,
  newest: MarkSet | undefined,
): AsyncGenerator<Finding> {
  const found = await Promise.all(
    MARK_FILES.map(async (name) => {
      const bytes = await readFile(files, join(folder, name));
      return { name, bytes, marks: bytes && decodeMarks(logId, bytes) };
    }),
  );
  if (newest !== undefined) return;
  for (const { name, bytes, marks } of found) {
    if (marks !== undefined) return;
    const text = bytes === undefined ? 'it is missing' : 'it is not what was written';
    yield { file: join(folder, name), text: `${text}, and so is the other one` };
  }
}

async function* verifyPartition(
  files: FileSystem,
  { topic, partition, folder }: PartitionFolder,
  marks: readonly Mark[],
  onChecked: OnChecked,
): AsyncGenerator<Finding> {
  const mark = marks.find((one) => one.topicId === topic.id && one.partition === partition);
  const damage = new FoundDamage(() => 0);
  const partitionId = { topicId: topic.id, partition };
  const indexes = new StoredIndexes(files);
  const bases = await listed(files, folder);
  let end = bases[0] ?? 0n;
  for (const [index, baseOffset] of bases.entries()) {
    const path = join(folder, segmentFileName(baseOffset));
    const file = await openIfThere(files, path);
    // Deleted meanwhile: the log start says whether that was right.
    if (file === undefined) continue;
    try {
      const fileBytes = await file.size();
      const opening: OpeningSegment = {
        path,
        baseOffset,
        file,
        fileBytes,
        indexes,
        partitionId,
        damage,
      };
      const next =
        bases[index + 1] ?? (isMarkBehind(mark, baseOffset) ? mark.baseOffset : undefined);
      const segment =
        next === undefined
          ? (await checkLast(opening, mark)).segment
          : await checkSealed(opening, next);
      end = segment.endOffset;
      onChecked({ records: end - baseOffset, bytes: segment.size });
      const name = segmentFileName(baseOffset);
      const isWhole = damage.ranges.every((range) => range.segment !== name);
      yield* verifyIndex(opening, segment, next !== undefined && isWhole);
    } finally {
      await file.close();
    }
  }
  for (const range of damage.ranges) {
    const at =
      range.position < range.endPosition
        ? `, bytes ${range.position} to ${range.endPosition - 1}`
        : '';
    yield { file: join(folder, range.segment), text: `${nameOfRange(range)}${at}` };
  }
  if (mark !== undefined && end < mark.offset) {
    const file = join(folder, segmentFileName(mark.baseOffset));
    yield { file, text: `records ${end} to ${mark.offset - 1n} were durable and are missing` };
  }
  yield* verifyStart(files, folder, bases[0], mark);
}

/** An index that is missing is made anew, and no finding. */
async function* verifyIndex(
  { path, indexes, partitionId, baseOffset }: OpeningSegment,
  segment: Segment,
  isComplete: boolean,
): AsyncGenerator<Finding> {
  const file = indexFileOf(path);
  if (!(await indexes.isThere(path))) return;
  const header = await indexes.header(path);
  if (header === undefined) {
    yield { file, text: 'its header is not what was written' };
  } else if (!isOf(header, partitionId, baseOffset)) {
    yield { file, text: `it belongs to partition ${header.partition} of topic ${header.topicId}` };
  } else if ((await indexes.entries(path, header)) === undefined) {
    yield { file, text: 'its entries are not what was written' };
  } else if (isComplete && header.isSealed) {
    const { bytes, endOffset, lastCrc } = segment.summary;
    const fits = header.bytes === bytes && header.endOffset === endOffset;
    if (!fits || (lastCrc !== 0 && header.lastCrc !== lastCrc)) {
      const says = `${header.bytes} bytes up to offset ${header.endOffset}`;
      yield { file, text: `it says ${says}, the segment has ${bytes} up to ${endOffset}` };
    }
  }
}

async function* verifyStart(
  files: FileSystem,
  folder: string,
  first: bigint | undefined,
  mark: Mark | undefined,
): AsyncGenerator<Finding> {
  const file = join(folder, 'log-start');
  const stored = await readLogStart(files, folder);
  if (stored === 'unreadable') yield { file, text: 'it is not what was written' };
  const start = typeof stored === 'bigint' ? stored : (mark?.logStart ?? 0n);
  if (first === undefined) yield { file: folder, text: 'there is no segment' };
  else if (first > start) {
    const missing = join(folder, segmentFileName(start));
    yield { file: missing, text: `records ${start} to ${first - 1n} are missing` };
  }
}

async function listed(files: FileSystem, folder: string): Promise<bigint[]> {
  try {
    return await segmentsIn(files, folder);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

async function openIfThere(files: FileSystem, path: string): Promise<HeldFile | undefined> {
  const file = new OpenFiles(files, 1).existing(path, 'read');
  try {
    await file.size();
    return file;
  } catch (error) {
    if (error instanceof MissingFile) return undefined;
    throw error;
  }
}
