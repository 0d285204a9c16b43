import { readdirSync, readlinkSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { descriptorWaits, nodeFileSystem, type FileSystem } from '../src/index.js';
import { append, Folders, makeTopic, openLog, partitionOf, readAll } from './support/log-folder.js';
import { contentsOf } from './support/verdict.js';

const folders = new Folders();
afterEach(() => folders.removeAll());

const PARTITIONS = 12;
const ROUNDS = 10;
/** A batch fills a segment. */
const SEGMENT_BYTES = 200;
const value = (partition: number, round: number) => `${partition} ${round} ${'x'.repeat(100)}`;

/** Segment files that this process has open. */
function descriptors(folder: string): number {
  const own = '/proc/self/fd';
  const isSegment = (number: string) => {
    try {
      const path = readlinkSync(join(own, number));
      return path.startsWith(folder) && path.endsWith('.log');
    } catch {
      return false;
    }
  };
  return readdirSync(own).filter(isSegment).length;
}

describe('segments that nobody uses', () => {
  it('have no descriptor beyond a bound, and are read and written all the same', async () => {
    const folder = folders.make();
    const options = { segmentBytes: SEGMENT_BYTES, maxOpenSegments: 5 };
    const first = await openLog(folder, options);
    const partitions = await makeTopic(first, 't', PARTITIONS);
    for (let round = 0; round < ROUNDS; round++)
      await Promise.all(partitions.map((one, at) => append(first, one, value(at, round))));
    expect(descriptors(folder)).toBeLessThanOrEqual(5);
    await first.close();
    expect(descriptors(folder)).toBe(0);
    const log = await openLog(folder, options);
    expect([descriptors(folder) <= 5, log.openSegments]).toEqual([true, descriptors(folder)]);
    const all = await Promise.all(partitions.map((_, at) => readAll(partitionOf(log, 't', at))));
    for (const [at, records] of all.entries())
      expect(records.map((record) => record.value)).toEqual(
        Array.from({ length: ROUNDS }, (_, round) => value(at, round)),
      );
    expect(log.damage()).toEqual([]);
    expect(descriptors(folder)).toBeLessThanOrEqual(5);
    await log.close();
  });

  it('are missed when somebody looks for one that is gone, and nothing else', async () => {
    const folder = folders.make();
    const log = await openLog(folder, { segmentBytes: SEGMENT_BYTES, maxOpenSegments: 1 });
    const [partition = partitionOf(log)] = await makeTopic(log);
    for (let round = 0; round < ROUNDS; round++) await append(log, partition, value(0, round));
    rmSync(join(folder, 'topics/t/0/00000000000000000003.log'));
    const { records, damaged } = await contentsOf(partition);
    expect(damaged).toMatchObject([{ offset: 3n, endOffset: 4n, reason: 'the file is missing' }]);
    expect(records.size).toBe(ROUNDS - 1);
    await log.close();
  });

  it('can be removed and deleted while they are read', async () => {
    const folder = folders.make();
    const log = await openLog(folder, { segmentBytes: SEGMENT_BYTES, maxOpenSegments: 1 });
    for (let turn = 0; turn < 20; turn++) {
      const [partition = partitionOf(log)] = await makeTopic(log);
      for (let round = 0; round < ROUNDS; round++) await append(log, partition, value(0, round));
      const reads = Array.from({ length: 30 }, (_, at) => partition.read(BigInt(at % ROUNDS), 1));
      const [outcomes] = await Promise.all([
        Promise.all(reads),
        log.deleteRecordsBefore(partition, BigInt(turn % ROUNDS)),
        log.deleteTopic('t'),
      ]);
      expect(outcomes.filter(({ kind }) => kind === 'damaged')).toEqual([]);
    }
    expect(descriptors(folder)).toBe(0);
    await log.close();
  });
});

describe('without descriptors', () => {
  it('appends and reads wait for one that is given back', async () => {
    const folder = folders.make();
    let refusals = 0;
    const files: FileSystem = {
      ...nodeFileSystem,
      open(path, mode) {
        if (refusals-- > 0)
          return Promise.reject(Object.assign(new Error('none'), { code: 'EMFILE' }));
        return nodeFileSystem.open(path, mode);
      },
    };
    const log = await openLog(folder, { files, segmentBytes: SEGMENT_BYTES, maxOpenSegments: 1 });
    const [partition = partitionOf(log)] = await makeTopic(log);
    const before = descriptorWaits();
    for (let round = 0; round < ROUNDS; round++) {
      refusals = 3;
      expect(await append(log, partition, value(0, round))).toMatchObject({ kind: 'appended' });
    }
    refusals = 3;
    expect(await readAll(partition)).toHaveLength(ROUNDS);
    const waits = descriptorWaits();
    expect(waits).toBeGreaterThan(before);
    // Control: nobody waits while there are some.
    refusals = 0;
    expect(await readAll(partition)).toHaveLength(ROUNDS);
    expect(descriptorWaits()).toBe(waits);
    await log.close();
  });
});
