import { join } from 'node:path';
import { DamagedLog } from '../files/damaged-log.js';
import type { FileSystem } from '../files/file-system.js';
import { replaceFile } from '../files/replace-file.js';

/** Holds the log start offset in decimal digits, and a line end. Absent: 0. */
const FILE = 'log-start';

export async function readLogStart(files: FileSystem, folder: string): Promise<bigint> {
  const path = join(folder, FILE);
  const text = await files.readText(path);
  if (text === undefined) return 0n;
  if (!/^\d{1,19}\n$/.test(text)) throw new DamagedLog(path, undefined, 'expected an offset');
  return BigInt(text.trimEnd());
}

/** False: the disk is full, and nothing has changed. */
export function writeLogStart(files: FileSystem, folder: string, offset: bigint): Promise<boolean> {
  return replaceFile(files, join(folder, FILE), `${offset}\n`);
}
