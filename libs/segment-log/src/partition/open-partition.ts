import { join } from 'node:path';
import { ATTRIBUTES } from '@tally/kafka-wire';
import { DamagedLog } from '../files/damaged-log.js';
import type { FileSystem, LogFile } from '../files/file-system.js';
import { removeUnfinished } from '../files/replace-file.js';
import { readProducerSnapshot } from '../producers/producer-snapshot.js';
import { ProducerStates, type ProducerLimits } from '../producers/producer-states.js';
import { findBatchAfter, scanBatches } from '../segment/scan-segment.js';
import { baseOffsetOf, Segment, segmentFileName } from '../segment/segment.js';
import { readLogStart } from './log-start.js';

/** A tail that was being written when the process or the machine stopped, and was cut off. */
export interface CutTail {
  readonly file: string;
  readonly position: number;
  readonly bytes: number;
}

export interface OpenedPartition {
  /** At least one, in order, the last being written. */
  readonly segments: Segment[];
  readonly logStart: bigint;
  /** Greatest append time that the log has given to a record, ms since 1970. */
  readonly lastAppendTimeMs: number;
  readonly producers: ProducerStates;
  /** Offset of the note of them that is on the disk. */
  readonly savedProducersAt: bigint | undefined;
  readonly cut: CutTail | undefined;
}

/** Makes the folder of an empty partition; the caller syncs the folder above. */
export async function makePartition(files: FileSystem, folder: string): Promise<void> {
  await files.makeFolder(folder);
  const file = await files.open(join(folder, segmentFileName(0n)), 'create');
  await file.close();
  await files.syncFolder(folder);
}

/**
 * Opens what is there. Of all segments but the last the batch headers are read and must join without
 * a gap; the last one is checked against its CRCs, and a torn tail is cut off. Everything else that
 * is missing or wrong is a DamagedLog. What is returned is durable.
 */
export async function openPartition(
  files: FileSystem,
  folder: string,
  limits: ProducerLimits,
  now: () => number,
): Promise<OpenedPartition> {
  await removeUnfinished(files, folder);
  const bases = (await files.list(folder))
    .flatMap((name) => baseOffsetOf(name) ?? [])
    .toSorted((a, b) => (a < b ? -1 : 1));
  if (bases.length === 0) throw new DamagedLog(folder, undefined, 'it has no segment');
  const segments: Segment[] = [];
  let lastAppendTimeMs = 0;
  let cut: CutTail | undefined;
  const snapshot = await readProducerSnapshot(files, folder);
  const producers = new ProducerStates(limits, snapshot?.states);
  try {
    for (const [index, base] of bases.entries()) {
      const path = join(folder, segmentFileName(base));
      const segment = new Segment(path, base, await files.open(path, 'change'));
      segments.push(segment);
      const fileBytes = await segment.file.size();
      const next = bases[index + 1];
      const batches = scanBatches(segment.file, fileBytes, base, next === undefined);
      for await (const header of batches) {
        segment.add(header);
        const isStamped = (header.attributes & ATTRIBUTES.logAppendTime) !== 0;
        const appendTimeMs = isStamped ? header.maxTimestampMs : undefined;
        lastAppendTimeMs = Math.max(lastAppendTimeMs, appendTimeMs ?? 0);
        if (header.baseOffset >= (snapshot?.offset ?? 0n)) {
          const { baseOffset } = header;
          producers.replay(header, { baseOffset, appendTimeMs }, now);
        }
      }
      if (next === undefined) cut = await cutTornTail(segment, fileBytes);
      else assertJoins(segment, fileBytes, next);
    }
    // A note of batches that the log lost is one of another log.
    const end = segments.at(-1)?.endOffset ?? 0n;
    if (snapshot !== undefined && snapshot.offset > end) producers.forgetFrom(end);
    const logStart = await readLogStart(files, folder);
    assertStart(folder, segments, logStart);
    await files.syncFolder(folder);
    const savedProducersAt = snapshot?.offset;
    return { segments, logStart, lastAppendTimeMs, producers, savedProducersAt, cut };
  } catch (error) {
    await Promise.all(segments.map((segment) => segment.retire()));
    throw error;
  }
}

function assertJoins(segment: Segment, fileBytes: number, next: bigint): void {
  const { path, size, endOffset } = segment;
  if (size < fileBytes) {
    throw new DamagedLog(path, size, `expected the batch with offset ${endOffset}`);
  }
  if (endOffset !== next) {
    throw new DamagedLog(path, size, `records ${endOffset} to ${next - 1n} are missing`);
  }
}

function assertStart(folder: string, segments: readonly Segment[], logStart: bigint): void {
  const first = segments[0]?.baseOffset ?? 0n;
  const end = segments.at(-1)?.endOffset ?? 0n;
  if (first > logStart) {
    throw new DamagedLog(folder, undefined, `records ${logStart} to ${first - 1n} are missing`);
  }
  if (end < logStart) {
    throw new DamagedLog(folder, undefined, `it starts at ${logStart} and ends at ${end}`);
  }
}

/**
 * Cuts the last segment behind its last whole batch, and makes sure that the batches are on the
 * disk: after a killed process they may be in the memory of the kernel alone, and must not be shown
 * before they are durable.
 */
async function cutTornTail(segment: Segment, fileBytes: number): Promise<CutTail | undefined> {
  const { path, file, size, endOffset } = segment;
  let cut: CutTail | undefined;
  if (size < fileBytes) {
    const later = await findBatchAfter(file, fileBytes, size, endOffset);
    if (later !== undefined) {
      throw new DamagedLog(path, size, `a whole batch follows at byte ${later}`);
    }
    cut = { file: path, position: size, bytes: fileBytes - size };
    await truncateTo(file, size);
  } else {
    await file.datasync();
  }
  return cut;
}

/** Cuts a file, durably. */
export async function truncateTo(file: LogFile, size: number): Promise<void> {
  await file.truncate(size);
  await file.datasync();
}
