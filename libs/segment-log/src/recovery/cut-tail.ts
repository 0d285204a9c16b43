import { basename, join } from 'node:path';
import { isStorageFull, type FileSystem, type LogFile } from '../files/file-system.js';
import { findBatchAfter, scanBatches } from '../segment/scan-segment.js';
import type { Segment } from '../segment/segment.js';

/** A tail that was being written when the process or the machine stopped, and was cut off. */
export interface CutTail {
  readonly file: string;
  readonly position: number;
  readonly bytes: number;
  /** Whole batches in it, behind the first bad one: never acknowledged, as far as is known. */
  readonly batches: number;
  /** The file that has the bytes now; undefined where no batch was whole. */
  readonly kept: string | undefined;
}

const CHUNK_BYTES = 1 << 20;

/**
 * Cuts a segment behind its last good batch, durably. What held whole batches is kept in `quarantine`
 * before: if it was acknowledged after all, nothing is lost. `storage_full`: there is no room for that,
 * and nothing was cut.
 */
export async function cutTail(
  files: FileSystem,
  segment: Segment,
  fileBytes: number,
  quarantine: { readonly folder: string; readonly name: string },
): Promise<CutTail | 'storage_full'> {
  const { path, file, size: position } = segment;
  const batches = await countBatches(segment, fileBytes);
  let kept: string | undefined;
  if (batches > 0) {
    const name = `${quarantine.name}-${basename(path, '.log')}-${position}`;
    try {
      kept = await freeName(files, quarantine.folder, name);
      await copyBytes(files, file, position, fileBytes, kept);
      await files.syncFolder(quarantine.folder);
    } catch (error) {
      if (!isStorageFull(error)) throw error;
      if (kept !== undefined) await files.remove(kept);
      return 'storage_full';
    }
  }
  await truncateTo(file, position);
  return { file: path, position, bytes: fileBytes - position, batches, kept };
}

/** Cuts a file, durably. */
export async function truncateTo(file: LogFile, size: number): Promise<void> {
  await file.truncate(size);
  await file.datasync();
}

async function countBatches(segment: Segment, fileBytes: number): Promise<number> {
  const { file, endOffset } = segment;
  let count = 0;
  for (let position = segment.size; ;) {
    const found = await findBatchAfter(file, fileBytes, position, endOffset);
    if (found === undefined) return count;
    ({ position } = found);
    for await (const { size } of scanBatches(file, fileBytes, found.offset, true, found)) {
      count += 1;
      position += size;
    }
    position -= 1;
  }
}

async function freeName(files: FileSystem, folder: string, name: string): Promise<string> {
  await files.makeFolder(folder);
  const taken = new Set(await files.list(folder));
  let free = name;
  for (let number = 2; taken.has(free); number++) free = `${name}-${number}`;
  return join(folder, free);
}

/** Throws as Node does when the disk is full: a short count says the same. */
async function copyBytes(
  files: FileSystem,
  from: LogFile,
  start: number,
  end: number,
  path: string,
): Promise<void> {
  const to = await files.open(path, 'create');
  try {
    for (let position = start; position < end;) {
      const chunk = Buffer.alloc(Math.min(CHUNK_BYTES, end - position));
      const filled = await from.read(chunk, position);
      const written = await to.write([chunk.subarray(0, filled)], position - start);
      if (written === 0 || written !== filled)
        throw Object.assign(new Error(`${path}: the disk is full`), { code: 'ENOSPC' });
      position += filled;
    }
    await to.datasync();
  } finally {
    await to.close();
  }
}
