import { isMissing, isUnreadable, type FileSystem } from './file-system.js';
import { patiently } from './patiently.js';

/** The first bytes of a file, at most `maxBytes`; undefined when there is none, or the disk cannot read it. */
export async function readFile(
  files: FileSystem,
  path: string,
  maxBytes = Infinity,
): Promise<Buffer | undefined> {
  try {
    const file = await patiently(() => files.open(path, 'read'));
    try {
      const bytes = Buffer.alloc(Math.min(maxBytes, await file.size()));
      return bytes.subarray(0, await file.read(bytes, 0));
    } finally {
      await file.close();
    }
  } catch (error) {
    if (isMissing(error) || isUnreadable(error)) return undefined;
    throw error;
  }
}
