import { basename, dirname } from 'node:path';
import { isStorageFull, type FileSystem } from './file-system.js';
import { patiently } from './patiently.js';

/** Suffix of a file that is being written; whoever finds one may remove it. */
export const UNFINISHED = '.new';

/**
 * Replaces a small file as a whole: after a crash there is the old content or the new one. Resolves
 * when the new one is durable; false when the disk is full, and then nothing has changed.
 */
export async function replaceFile(
  files: FileSystem,
  path: string,
  content: string | Buffer,
): Promise<boolean> {
  const unfinished = `${path}${UNFINISHED}`;
  try {
    if (!(await writeDurably(files, unfinished, Buffer.from(content)))) {
      await files.remove(unfinished);
      return false;
    }
  } catch (error) {
    if (!isStorageFull(error)) throw error;
    await files.remove(unfinished);
    return false;
  }
  await files.rename(unfinished, path);
  await files.syncFolder(dirname(path));
  return true;
}

async function writeDurably(files: FileSystem, path: string, bytes: Buffer): Promise<boolean> {
  const file = await patiently(() => files.open(path, 'create'));
  try {
    if ((await file.write([bytes], 0)) !== bytes.length) return false;
    await file.datasync();
    return true;
  } finally {
    await file.close();
  }
}

/** Removes what an interrupted replacement left in a folder. */
export async function removeUnfinished(files: FileSystem, folder: string): Promise<void> {
  for (const name of await files.list(folder)) {
    if (basename(name).endsWith(UNFINISHED)) await files.remove(`${folder}/${name}`);
  }
}
