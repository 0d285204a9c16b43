import { join } from 'node:path';
import { crc32c } from '@node-rs/crc32';
import type { FileSystem } from '../files/file-system.js';
import { replaceFile } from '../files/replace-file.js';

/**
 * Holds the log start offset in decimal digits, ` crc32c=`, the checksum of these digits in 8
 * hexadecimal ones, and a line end. Files of the first version have the digits alone.
 */
const FILE = 'log-start';
const CONTENT = /^(\d{1,19})(?: crc32c=([0-9a-f]{8}))?\n$/;

/** `missing`: there is none, as before the first deletion. `unreadable`: what is there is not what was written. */
export async function readLogStart(
  files: FileSystem,
  folder: string,
): Promise<bigint | 'missing' | 'unreadable'> {
  const text = await files.readText(join(folder, FILE));
  if (text === undefined) return 'missing';
  const [, digits, crc] = CONTENT.exec(text) ?? [];
  if (digits === undefined) return 'unreadable';
  return crc === undefined || crc === crcOf(digits) ? BigInt(digits) : 'unreadable';
}

/** False: the disk is full, and nothing has changed. */
export function writeLogStart(files: FileSystem, folder: string, offset: bigint): Promise<boolean> {
  return replaceFile(files, join(folder, FILE), `${offset} crc32c=${crcOf(String(offset))}\n`);
}

function crcOf(digits: string): string {
  return crc32c(digits).toString(16).padStart(8, '0');
}
