import { afterEach, describe, expect, it } from '@jest/globals';
import { append, Folders, makeTopic, openLog, partitionOf, readAll } from './support/log-folder.js';
import { MemoryDisk } from './support/memory-disk.js';

const folders = new Folders();
afterEach(() => folders.removeAll());

const BATCHES_PER_SEGMENT = 10;
/** Of an index its header, and of the segment the headers of its first and last batch. */
const BYTES_PER_SEGMENT = 96 + 2 * 61;

/** A log of so many segments; every batch has so many bytes. */
async function logOf(segments: number, batchBytes: number) {
  const folder = folders.make();
  const disk = MemoryDisk.holding(folder);
  const segmentBytes = BATCHES_PER_SEGMENT * batchBytes;
  const log = await openLog(folder, { files: disk, segmentBytes });
  const [partition = partitionOf(log)] = await makeTopic(log);
  const value = 'x'.repeat(batchBytes - 100);
  for (let index = 0; index < segments * BATCHES_PER_SEGMENT; index++) {
    await append(log, partition, value);
  }
  const killed = disk.copy();
  await log.close();
  return { folder, closed: disk, killed, count: BigInt(segments * BATCHES_PER_SEGMENT) };
}

/** Bytes that are read until the log is open. */
async function readAtOpen(folder: string, disk: MemoryDisk, end: bigint): Promise<number> {
  disk.bytesRead = 0;
  const log = await openLog(folder, { files: disk });
  const { bytesRead } = disk;
  expect(log.damage()).toEqual([]);
  expect(partitionOf(log).highWatermark).toBe(end);
  // What was not read at open is found when it is needed.
  expect(await readAll(partitionOf(log), 0n)).toHaveLength(Number(end));
  await log.close();
  return bytesRead;
}

describe('opening a log', () => {
  it('that was closed reads as little of large segments as of small ones', async () => {
    const small = await logOf(8, 200);
    const large = await logOf(8, 20_000);
    const bytes = await readAtOpen(small.folder, small.closed, small.count);
    // The index of the last one is read as a whole: an entry of 24 bytes for each 4096.
    const lastIndex = 24 * (BATCHES_PER_SEGMENT - 1);
    expect(await readAtOpen(large.folder, large.closed, large.count)).toBeLessThan(
      bytes + lastIndex + 24,
    );
  });

  it('reads a few bytes more for each more segment', async () => {
    const few = await logOf(5, 2000);
    const many = await logOf(45, 2000);
    const bytes = await readAtOpen(few.folder, few.closed, few.count);
    expect(await readAtOpen(many.folder, many.closed, many.count)).toBe(
      bytes + 40 * BYTES_PER_SEGMENT,
    );
  });

  it('that was killed reads the last segment and no other', async () => {
    const { folder, closed, killed, count } = await logOf(20, 2000);
    const bytes = await readAtOpen(folder, closed, count);
    const more = (await readAtOpen(folder, killed, count)) - bytes;
    // Once for the CRCs, once for the producers, once to write what may not be durable again.
    expect(more).toBeLessThan(3.1 * BATCHES_PER_SEGMENT * 2000);
  });
});
