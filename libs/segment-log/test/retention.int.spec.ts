import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { DAY_MS } from '@tally/contracts';
import { AT } from '@tally/kafka-wire';
import { Upkeep, type Partition, type SegmentLog, type UpkeepPolicy } from '../src/index.js';
import { FaultyDisk } from './support/faulty-disk.js';
import { append, Folders, makeTopic, openLog, partitionOf, readAll } from './support/log-folder.js';

const folders = new Folders();
afterEach(() => folders.removeAll());

const WEEK_MS = 7 * DAY_MS;
const KEEP_ALL = { kind: 'delete', segmentMs: WEEK_MS, ms: undefined, bytes: undefined } as const;

/** A log whose clock stands where the test puts it, with segments of one batch of 600 bytes. */
async function logAt(clock: { nowMs: number }, files?: FaultyDisk, folder = folders.make()) {
  const log = await openLog(folder, {
    segmentBytes: 700,
    now: () => clock.nowMs,
    ...(files === undefined ? {} : { files }),
  });
  const [partition = partitionOf(log)] = await makeTopic(log);
  return { folder, log, partition };
}

function appendLarge(log: SegmentLog, partition: Partition, name: string) {
  return append(log, partition, `${name} ${'x'.repeat(500)}`);
}

function upkeepOf(log: SegmentLog, clock: { nowMs: number }, policy: UpkeepPolicy): Upkeep {
  return new Upkeep(log, {
    policyOf: () => policy,
    intervalMs: 1,
    compactedSegmentBytes: 1 << 20,
    compactBytesPerSecond: 1e12,
    maxKeys: 1000,
    now: () => clock.nowMs,
    onFatal: (error) => {
      throw error;
    },
  });
}

const namesIn = async (partition: Partition) =>
  (await readAll(partition)).map(({ value }) => value.split(' ')[0]);

describe('records that are too old', () => {
  it('go in whole segments, also when they are in the one that is being written', async () => {
    const clock = { nowMs: 1000 };
    const { folder, log, partition } = await logAt(clock);
    for (const [name, nowMs] of [
      ['a', 1000],
      ['b', 2000],
      ['c', 3000],
    ] as const) {
      clock.nowMs = nowMs;
      await appendLarge(log, partition, name);
    }
    const upkeep = upkeepOf(log, clock, { ...KEEP_ALL, ms: 1500 });
    await upkeep.round();
    expect(await namesIn(partition)).toEqual(['b', 'c']);
    clock.nowMs = 10_000;
    await upkeep.round();
    expect(await readAll(partition)).toEqual([]);
    expect([partition.logStart, partition.highWatermark]).toEqual([3n, 3n]);
    const files = readdirSync(join(folder, 'topics/t/0')).filter((name) => name.endsWith('.log'));
    expect(files).toEqual(['00000000000000000003.log']);

    await appendLarge(log, partition, 'd');
    await log.close();
    const again = await openLog(folder);
    expect(await readAll(partitionOf(again))).toMatchObject([{ offset: 3n }]);
    await again.close();
  });

  it('go by weeks where few are written: a segment ends when its first record is old', async () => {
    const clock = { nowMs: 1000 };
    const { log, partition } = await logAt(clock);
    await append(log, partition, 'small');
    clock.nowMs += 5000;
    await append(log, partition, 'small too');
    const upkeep = upkeepOf(log, clock, { ...KEEP_ALL, ms: 20_000, segmentMs: 4000 });
    await upkeep.round();
    expect(partition.allSegments().map(({ baseOffset }) => baseOffset)).toEqual([0n, 2n]);
    expect(await namesIn(partition)).toEqual(['small', 'small']);
    await log.close();
  });
});

describe('a partition that is too large', () => {
  it('loses its oldest segments and keeps at least as much as it may', async () => {
    const clock = { nowMs: 1000 };
    const { log, partition } = await logAt(clock);
    for (const name of ['a', 'b', 'c', 'd']) await appendLarge(log, partition, name);
    const size = partition.allSegments()[0]?.size ?? 0;
    await upkeepOf(log, clock, { ...KEEP_ALL, bytes: 2 * size }).round();
    expect(await namesIn(partition)).toEqual(['c', 'd']);
    await log.close();
  });
});

describe('a topic that is kept', () => {
  it.each<[string, UpkeepPolicy]>([
    ['altogether', { kind: 'keep' }],
    ['without limits', KEEP_ALL],
  ])('%s loses nothing, however old and large', async (_name, policy) => {
    const clock = { nowMs: 1000 };
    const { log, partition } = await logAt(clock);
    for (const name of ['a', 'b', 'c']) await appendLarge(log, partition, name);
    clock.nowMs = 1e15;
    await upkeepOf(log, clock, policy).round();
    expect(await namesIn(partition)).toEqual(['a', 'b', 'c']);
    await log.close();
  });
});

describe('a power cut', () => {
  it('after records went leaves a log that opens and begins where it began', async () => {
    const clock = { nowMs: 1000 };
    const folder = folders.make();
    const disk = new FaultyDisk(folder);
    const { log, partition } = await logAt(clock, disk, folder);
    for (const name of ['a', 'b', 'c']) await appendLarge(log, partition, name);
    clock.nowMs = 10_000;
    // The segment that is being written ends and goes as well: the new one holds no record.
    await upkeepOf(log, clock, { ...KEEP_ALL, ms: 1000 }).round();
    const after = disk.afterPowerCut(folders.make());
    await log.close();
    const again = await openLog(after);
    const left = partitionOf(again);
    expect([left.logStart, left.highWatermark]).toEqual([3n, 3n]);
    await again.close();
  });

  it('finds the end of the log also where the last note of it names a segment that went', async () => {
    const clock = { nowMs: 1000 };
    const { folder, log, partition } = await logAt(clock);
    for (const name of ['a', 'b']) await appendLarge(log, partition, name);
    await log.close();
    clock.nowMs = 10_000;
    const again = await openLog(folder, { segmentBytes: 700, now: () => clock.nowMs });
    await upkeepOf(again, clock, { ...KEEP_ALL, ms: 1000 }).round();
    const killed = await openLog(folders.copy(folder));
    const left = partitionOf(killed);
    expect([left.logStart, left.highWatermark, left.endInDoubt]).toEqual([2n, 2n, undefined]);
    await appendLarge(killed, left, 'c');
    expect(await readAll(left)).toMatchObject([{ offset: 2n }]);
    await killed.close();
    await again.close();
  });
});

describe('records that are too old, where some are damaged', () => {
  it.each([
    ['one of them', (bytes: Buffer) => void bytes.writeUInt8(0, AT.magic)],
    ['a whole segment', (bytes: Buffer) => void bytes.fill(7)],
  ])('go all the same: %s, found at a start', async (_name, damage) => {
    const clock = { nowMs: 1000 };
    const folder = folders.make();
    const open = () => openLog(folder, { segmentBytes: 1500, now: () => clock.nowMs });
    const first = await open();
    const [made = partitionOf(first)] = await makeTopic(first);
    for (const name of ['a', 'b', 'c', 'd']) {
      clock.nowMs += 1000;
      await appendLarge(first, made, name);
    }
    await first.close();
    // Without its index the segment is read, and what is wrong is met at once.
    const segment = join(folder, 'topics/t/0/00000000000000000000');
    rmSync(`${segment}.index`);
    const bytes = readFileSync(`${segment}.log`);
    damage(bytes);
    writeFileSync(`${segment}.log`, bytes);
    const log = await open();
    expect(log.damage()).toHaveLength(1);
    const partition = partitionOf(log);
    const upkeep = upkeepOf(log, clock, { ...KEEP_ALL, ms: 2500 });
    await upkeep.round();
    expect(partition.logStart).toBe(0n);
    clock.nowMs = 10_000;
    await upkeep.round();
    expect([partition.logStart, log.damage().length]).toEqual([4n, 0]);
    await log.close();
  });
});
