import { join } from 'node:path';
import { isMissing, type FileSystem } from './file-system.js';

/**
 * Removes files and folders one after the other: to free the blocks of a large file takes a disk long,
 * and with many at once those who write would wait for a thread.
 */
export async function removeSlowly(files: FileSystem, paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    const inside = await namesIn(files, path);
    await removeSlowly(
      files,
      inside.map((name) => join(path, name)),
    );
    await files.remove(path);
  }
}

/** None for a file. */
async function namesIn(files: FileSystem, path: string): Promise<string[]> {
  try {
    return await files.list(path);
  } catch (error) {
    if (isMissing(error) || (error as NodeJS.ErrnoException).code === 'ENOTDIR') return [];
    throw error;
  }
}
