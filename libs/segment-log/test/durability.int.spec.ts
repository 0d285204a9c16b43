import { statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { AppendOutcome } from '../src/index.js';
import { FaultyDisk, type Faults } from './support/faulty-disk.js';
import { append, Folders, makeTopic, openLog, partitionOf, readAll } from './support/log-folder.js';
import { contentsOf } from './support/verdict.js';

const folders = new Folders();
afterEach(() => folders.removeAll());

const PARTITIONS = 3;
/** Values of one append each, the partition of each, and after how many acknowledgements power fails. */
const plans = fc.record({
  appends: fc.array(
    fc.record({
      partition: fc.integer({ min: 0, max: PARTITIONS - 1 }),
      length: fc.integer({ min: 0, max: 400 }),
    }),
    { minLength: 1, maxLength: 40 },
  ),
  cutAfter: fc.integer({ min: 1, max: 40 }),
});

interface Acknowledged {
  readonly partition: number;
  readonly offset: bigint;
  readonly value: string;
}

/** Records that were acknowledged before the power cut and are not there after it. */
async function lostByPowerCut(
  { appends, cutAfter }: typeof plans extends fc.Arbitrary<infer P> ? P : never,
  lies: Faults['lies'],
): Promise<Acknowledged[]> {
  const folder = folders.make();
  const disk = new FaultyDisk(folder);
  // Small segments, so that many begin.
  const log = await openLog(folder, { files: disk, segmentBytes: 700, maxRoundBytes: 900 });
  const partitions = await makeTopic(log, 't', PARTITIONS);
  disk.faults.lies = lies;
  const acknowledged: Acknowledged[] = [];
  let after: string | undefined;
  const known: Acknowledged[] = [];
  const all = appends.map(async ({ partition: number, length }, index) => {
    const partition = partitions[number];
    if (partition === undefined) throw new Error('no such partition');
    const value = `${index} ${'x'.repeat(length)}`;
    const outcome = await append(log, partition, value);
    if (outcome.kind !== 'appended') throw new Error(outcome.kind);
    acknowledged.push({ partition: number, offset: outcome.baseOffset, value });
    if (acknowledged.length === Math.min(cutAfter, appends.length)) {
      after = disk.afterPowerCut(folders.make());
      known.push(...acknowledged);
    }
  });
  await Promise.all(all);
  await log.close();
  return missingIn(after ?? '', known);
}

async function missingIn(folder: string, known: readonly Acknowledged[]): Promise<Acknowledged[]> {
  const log = await openLog(folder).catch(() => undefined);
  if (log === undefined) return [...known];
  const missing: Acknowledged[] = [];
  for (const record of known) {
    const { records } = await contentsOf(partitionOf(log, 't', record.partition));
    if (records.get(record.offset) !== record.value) missing.push(record);
  }
  await log.close();
  return missing;
}

describe('a power cut', () => {
  it('takes no record that was acknowledged before it', async () => {
    const property = fc.asyncProperty(plans, async (plan) => {
      expect(await lostByPowerCut(plan, undefined)).toEqual([]);
    });
    await fc.assert(property, { numRuns: 40, verbose: 1 });
  }, 60_000);

  it.each(['file syncs', 'folder syncs'] as const)(
    'does take some when acknowledgements do not wait for %s',
    async (lies) => {
      const appends = Array.from({ length: 20 }, () => ({ partition: 0, length: 300 }));
      expect(await lostByPowerCut({ appends, cutAfter: 20 }, lies)).not.toEqual([]);
    },
  );
});

describe('a disk that fails', () => {
  it.each<[string, Faults]>([
    ['a sync', { syncError: 'EIO' }],
    ['a sync for want of room', { syncError: 'ENOSPC' }],
    ['a write', { writeError: 'EIO' }],
  ])('at %s ends the log: nothing is acknowledged or shown ever again', async (_name, faults) => {
    const folder = folders.make();
    const disk = new FaultyDisk(folder);
    const fatal: unknown[] = [];
    const log = await openLog(folder, { files: disk, onFatal: (error) => fatal.push(error) });
    const [partition = partitionOf(log)] = await makeTopic(log);
    await append(log, partition, 'before');

    Object.assign(disk.faults, faults);
    const during = await Promise.all([
      append(log, partition, 'one'),
      append(log, partition, 'two'),
    ]);
    // The disk works again, as disks do that have forgotten what they could not write.
    Object.assign(disk.faults, { syncError: undefined, writeError: undefined });
    const later = await append(log, partition, 'three');
    expect([...during, later].map(({ kind }) => kind)).toEqual(['failed', 'failed', 'failed']);
    expect(fatal).toHaveLength(1);
    expect(partition.highWatermark).toBe(1n);
    expect(await readAll(partition)).toEqual([{ offset: 0n, value: 'before' }]);
    await log.close();
  });
});

describe('a full disk', () => {
  it.each<[string, Faults]>([
    ['a short count', { nextWriteBytes: 30 }],
    ['an error', { writeError: 'ENOSPC' }],
    ['a quota', { writeError: 'EDQUOT' }],
  ])('that tells by %s costs that append and no other', async (_name, faults) => {
    const folder = folders.make();
    const disk = new FaultyDisk(folder);
    const log = await openLog(folder, { files: disk });
    const [partition = partitionOf(log)] = await makeTopic(log);
    await append(log, partition, 'before');
    const file = join(folder, 'topics/t/0/00000000000000000000.log');
    const { size } = statSync(file);

    Object.assign(disk.faults, faults);
    expect(await append(log, partition, 'refused')).toEqual({ kind: 'storage_full' });
    expect(statSync(file).size).toBe(size);
    Object.assign(disk.faults, { writeError: undefined });
    const outcome: AppendOutcome = await append(log, partition, 'after');
    expect(outcome).toMatchObject({ kind: 'appended', baseOffset: 1n });
    await log.close();

    const again = await openLog(folder);
    expect((await readAll(partitionOf(again))).map(({ value }) => value)).toEqual([
      'before',
      'after',
    ]);
    await again.close();
  });
});
