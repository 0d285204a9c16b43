import type { FileSystem } from '../files/file-system.js';

/** `00000000000000000042.log`: the offset of the first record, in 20 digits. */
const FILE_NAME = /^(\d{20})\.log$/;

/** The name of the file whose first record has this offset. */
export function segmentFileName(baseOffset: bigint): string {
  return `${String(baseOffset).padStart(20, '0')}.log`;
}

/** The base offset that a file's name gives; undefined when it is no segment. */
export function baseOffsetOf(fileName: string): bigint | undefined {
  const digits = FILE_NAME.exec(fileName)?.[1];
  return digits === undefined ? undefined : BigInt(digits);
}

/** Base offsets of the segments of a partition, in order. */
export async function segmentsIn(files: FileSystem, folder: string): Promise<bigint[]> {
  const names = await files.list(folder);
  return names.flatMap((name) => baseOffsetOf(name) ?? []).toSorted((a, b) => (a < b ? -1 : 1));
}
