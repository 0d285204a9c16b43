import type { LogFile } from '../files/file-system.js';

const CHUNK_BYTES = 1 << 20;

/**
 * Makes bytes of a file durable of which that is not known, by writing them once more: after a failed
 * fdatasync the kernel takes them for written, gives them to who reads, and syncs them never again.
 */
export async function writeAgain(file: LogFile, from: number, to: number): Promise<void> {
  for (let position = from; position < to;) {
    const chunk = Buffer.alloc(Math.min(CHUNK_BYTES, to - position));
    const read = await file.read(chunk, position);
    if (read === 0) break;
    const written = await file.write([chunk.subarray(0, read)], position);
    if (written === 0) throw new Error(`the disk did not take ${read} bytes at ${position} again`);
    position += written;
  }
  await file.datasync();
}
