import { isUnreadable, type LogFile } from './file-system.js';

/** The smallest part that a disk reads or cannot read. */
export const SECTOR_BYTES = 512;

/**
 * Like `file.read`, but a part that the disk cannot read is as if the file ended there: what lies
 * before it is read.
 */
export async function readUpToDamage(
  file: LogFile,
  into: Buffer,
  position: number,
): Promise<number> {
  const whole = await readOrGiveUp(file, into, position);
  if (whole !== undefined) return whole;
  for (let filled = 0; filled < into.length;) {
    const sectorEnd = SECTOR_BYTES - ((position + filled) % SECTOR_BYTES);
    const sector = into.subarray(filled, filled + sectorEnd);
    const bytes = await readOrGiveUp(file, sector, position + filled);
    if (bytes !== sector.length) return filled + (bytes ?? 0);
    filled += bytes;
  }
  return into.length;
}

async function readOrGiveUp(
  file: LogFile,
  into: Buffer,
  position: number,
): Promise<number | undefined> {
  try {
    return await file.read(into, position);
  } catch (error) {
    if (isUnreadable(error)) return undefined;
    throw error;
  }
}
