import { BATCH_HEADER_BYTES, readBatchHeader, type BatchHeader } from '@tally/kafka-wire';
import type { LogFile } from '../files/file-system.js';
import type { HeldFile } from '../files/open-files.js';
import { readUpToDamage } from '../files/read-up-to-damage.js';
import type { IndexHeader, PartitionId, SegmentSummary } from '../segment/index-layout.js';
import { findBatchAfter, scanBatches, type ScanStart } from '../segment/scan-segment.js';
import { Segment } from '../segment/segment.js';
import type { StoredIndexes } from '../segment/stored-indexes.js';
import { FoundDamage } from './found-damage.js';

/** What opening a partition needs beside its folder. */
export interface OpeningSegment {
  readonly path: string;
  readonly baseOffset: bigint;
  readonly file: HeldFile;
  readonly fileBytes: number;
  readonly indexes: StoredIndexes;
  readonly partitionId: PartitionId;
  readonly damage: FoundDamage;
}

/**
 * Opens a segment that has all its batches: those from its base up to `next`, where the following one
 * begins. Its index is believed when it fits; else the headers are read, and where they do not join,
 * everything is checked.
 */
export async function openSealed(opening: OpeningSegment, next: bigint): Promise<Segment> {
  const { path, file, fileBytes, indexes, partitionId, baseOffset } = opening;
  const index = await indexes.header(path);
  const fits = index !== undefined && (await describes(index, file, fileBytes));
  const isHere = index !== undefined && isOf(index, partitionId, baseOffset);
  const segment = newSegment(opening);
  if (isHere && index.isSealed) {
    if (fits) segment.restore(index);
  } else if (isHere || !fits) await addJoined(segment, fileBytes);
  if (segment.size === fileBytes && segment.endOffset === next) return segment;
  return checkSealed(opening, next);
}

/** The same, and everything is read. */
export async function checkSealed(opening: OpeningSegment, next: bigint): Promise<Segment> {
  const { path, file, fileBytes, indexes, partitionId, damage, baseOffset } = opening;
  const index = await indexes.header(path);
  const isHere = index !== undefined && isOf(index, partitionId, baseOffset);
  if (index !== undefined && !isHere && (await describes(index, file, fileBytes))) {
    return allDamaged(opening, next, 'it is a segment of another partition, with its index');
  }
  const segment = newSegment(opening);
  await addReadable(segment, fileBytes, damage, async (position, offset) =>
    offset >= next
      ? undefined
      : ((await findBatchAfter(file, fileBytes, position, offset, next)) ?? {
          position: fileBytes,
          offset: next,
        }),
  );
  const reason = isHere && index.isSealed ? whyForeign(segment.summary, index) : undefined;
  if (reason !== undefined) return allDamaged(opening, next, reason);
  if (segment.endOffset > next)
    return allDamaged(opening, next, 'it goes on past the next segment');
  if (segment.endOffset < next) {
    const end = { position: fileBytes, offset: next };
    damage.add(segment, end, `the next segment begins with offset ${next}`);
  }
  return segment;
}

/** Whether an index says what is in this file: its size, its first and its last batch. */
export async function describes(
  index: IndexHeader,
  file: LogFile,
  fileBytes: number,
): Promise<boolean> {
  if (index.bytes !== fileBytes || fileBytes === 0) return false;
  const first = await headerAt(file, 0);
  const last = await headerAt(file, index.lastPosition);
  return (
    first?.crc === index.firstCrc &&
    first.baseOffset === index.baseOffset &&
    last?.crc === index.lastCrc &&
    last.baseOffset + BigInt(last.count) === index.endOffset &&
    index.lastPosition + last.size === fileBytes
  );
}

/** Whether an index is one of this segment of this partition. */
export function isOf(index: IndexHeader, partitionId: PartitionId, baseOffset: bigint): boolean {
  return (
    index.topicId === partitionId.topicId &&
    index.partition === partitionId.partition &&
    index.baseOffset === baseOffset
  );
}

/** A segment of which nothing is known yet. */
export function newSegment({ path, baseOffset, file, indexes }: OpeningSegment): Segment {
  return new Segment(path, baseOffset, file, indexes);
}

/** None of its records can be read, up to `end`. */
export function allDamaged(opening: OpeningSegment, end: bigint, reason: string): Segment {
  const segment = newSegment(opening);
  opening.damage.forget(opening.path);
  opening.damage.add(segment, { position: opening.fileBytes, offset: end }, reason);
  return segment;
}

/**
 * Adds the batches that fit their CRC. At a bad batch `goOn` says where the next good one is, and what
 * lies between is damaged; undefined: nowhere, it ends there.
 */
export async function addReadable(
  segment: Segment,
  fileBytes: number,
  damage: FoundDamage,
  goOn: (position: number, offset: bigint) => Promise<ScanStart | undefined>,
): Promise<void> {
  for (;;) {
    const start = { position: segment.size, offset: segment.endOffset };
    const batches = scanBatches(segment.file, fileBytes, segment.baseOffset, true, start);
    for await (const header of batches) segment.add(header);
    if (segment.size >= fileBytes) return;
    const next = await goOn(segment.size, segment.endOffset);
    if (next === undefined) return;
    damage.add(segment, next, 'the bytes are not the record batches that were written');
  }
}

/** Adds batches as far as they join. */
async function addJoined(segment: Segment, fileBytes: number): Promise<void> {
  const batches = scanBatches(segment.file, fileBytes, segment.baseOffset, false);
  for await (const header of batches) segment.add(header);
}

/** Why a segment is not the one that its index was made of; undefined: it may be that one, damaged. */
function whyForeign(found: SegmentSummary, index: IndexHeader): string | undefined {
  const isOther = (crc: number, expected: number) => crc !== 0 && crc !== expected;
  if (isOther(found.firstCrc, index.firstCrc)) return 'its index names another first batch';
  if (found.endOffset === index.endOffset && isOther(found.lastCrc, index.lastCrc)) {
    return 'its index names another last batch';
  }
  return undefined;
}

async function headerAt(file: LogFile, position: number): Promise<BatchHeader | undefined> {
  const bytes = Buffer.alloc(BATCH_HEADER_BYTES);
  const filled = await readUpToDamage(file, bytes, position);
  return readBatchHeader(bytes.subarray(0, filled));
}
