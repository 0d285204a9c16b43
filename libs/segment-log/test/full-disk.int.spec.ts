import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { SegmentLog } from '../src/index.js';
import { FaultyDisk } from './support/faulty-disk.js';
import { append, Folders, makeTopic, openLog, partitionOf, readAll } from './support/log-folder.js';

const folders = new Folders();
afterEach(() => folders.removeAll());

const values = ['a', 'b', 'c', 'd'];

/** A log that was killed, with all values in each of two partitions, and its disk. */
async function killedLog() {
  const folder = folders.make();
  const log = await openLog(folder);
  for (const partition of await makeTopic(log, 't', 2))
    for (const value of values) await append(log, partition, value);
  const killed = folders.copy(folder);
  await log.close();
  return { folder: killed, disk: new FaultyDisk(killed) };
}

const namesIn = async (log: SegmentLog, number: number) =>
  (await readAll(partitionOf(log, 't', number))).map(({ value }) => value);

describe('a log on a full disk', () => {
  it('opens, is read, refuses appends, and takes them when there is room', async () => {
    const { folder, disk } = await killedLog();
    disk.faults.isFull = true;
    const log = await openLog(folder, { files: disk });
    expect(await namesIn(log, 0)).toEqual(values);
    expect(await append(log, partitionOf(log), 'no')).toEqual({ kind: 'storage_full' });
    expect(await log.createTopic({ name: 'u', partitions: 1, configs: {} })).toEqual({
      kind: 'storage_full',
    });
    disk.faults.isFull = false;
    expect(await append(log, partitionOf(log), 'yes')).toMatchObject({ baseOffset: 4n });
    await log.close();
  });

  it('opens where a torn tail has to be kept and there is no room for that: that partition takes no appends', async () => {
    const { folder, disk } = await killedLog();
    const path = join(folder, 'topics/t/0/00000000000000000000.log');
    const bytes = readFileSync(path);
    // The third of four batches of one size.
    bytes.writeUInt8(7, (bytes.length / 4) * 3 - 1);
    writeFileSync(path, bytes);
    disk.faults.isFull = true;
    const log = await openLog(folder, { files: disk });
    expect(log.cutTails).toEqual([]);
    expect(await namesIn(log, 0)).toEqual(['a', 'b']);
    expect(await namesIn(log, 1)).toEqual(values);
    disk.faults.isFull = false;
    expect(await append(log, partitionOf(log), 'no')).toEqual({ kind: 'damaged' });
    expect(partitionOf(log).endInDoubt).toContain('start the log again');
    expect(await append(log, partitionOf(log, 't', 1), 'yes')).toMatchObject({ baseOffset: 4n });
    await log.close();
    expect(readFileSync(path)).toEqual(bytes);

    const again = await openLog(folder, { files: disk });
    expect(again.cutTails).toMatchObject([{ batches: 1 }]);
    expect(readFileSync(again.cutTails[0]?.kept ?? '')).toEqual(bytes.subarray(bytes.length / 2));
    expect(await append(again, partitionOf(again), 'yes')).toMatchObject({ baseOffset: 2n });
    await again.close();
  });
});
