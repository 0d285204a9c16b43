import { copyFileSync, cpSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { nodeFileSystem, type Damage, type SegmentLog } from '../src/index.js';
import {
  append,
  Folders,
  makeTopic,
  openLog,
  partitionOf,
  readAll,
  type StoredRecord,
} from './support/log-folder.js';
import { MemoryDisk } from './support/memory-disk.js';
import { contentsOf } from './support/verdict.js';

const folders = new Folders();
afterEach(() => folders.removeAll());

/** Three records of one batch each per segment. */
const SEGMENT_BYTES = 400;
const LAST_BASE = 9;
const records = Array.from({ length: 12 }, (_, index) => `value ${index} ${'x'.repeat(50)}`);

const file = (folder: string, base = 0, partition = 0, kind = 'log') =>
  join(folder, `topics/t/${partition}`, `${String(base).padStart(20, '0')}.${kind}`);

/** A closed log of two partitions of twelve records in four segments; they differ in their letters. */
async function closedLog(): Promise<string> {
  const folder = folders.make();
  const log = await openLog(folder, { segmentBytes: SEGMENT_BYTES });
  for (const [number, partition] of (await makeTopic(log, 't', 2)).entries()) {
    for (const value of records) await append(log, partition, valueIn(value, number));
  }
  await log.close();
  return folder;
}

const valueIn = (value: string, partition: number) =>
  partition === 0 ? value : value.toUpperCase();

const open = (folder: string, files = nodeFileSystem) =>
  openLog(folder, { segmentBytes: SEGMENT_BYTES, files });

function flip(path: string, at: number): void {
  const bytes = readFileSync(path);
  bytes.writeUInt8(bytes.readUInt8(at) ^ 0x10, at);
  writeFileSync(path, bytes);
}

/** Offsets that can be read, and those that are named as damaged, as text: `0-2, 6-11`. */
async function stateOf(
  log: SegmentLog,
  partition = 0,
): Promise<{ whole: string; damaged: string }> {
  const found = partitionOf(log, 't', partition);
  const contents = await contentsOf(found);
  for (const [offset, value] of contents.records) {
    expect(value).toBe(valueIn(records[Number(offset)] ?? '', partition));
  }
  const damaged = contents.damaged.flatMap(({ offset, endOffset }) =>
    Array.from({ length: Number(endOffset - offset) }, (_, index) => Number(offset) + index),
  );
  return { whole: spans([...contents.records.keys()].map(Number)), damaged: spans(damaged) };
}

function spans(offsets: readonly number[]): string {
  const parts: [number, number][] = [];
  for (const offset of offsets) {
    const last = parts.at(-1);
    if (last?.[1] === offset - 1) last[1] = offset;
    else parts.push([offset, offset]);
  }
  return parts.map((part) => part.join('-')).join(', ');
}

describe('damage in an older segment', () => {
  it('is found when it is read: the read names it, and all around it can be read', async () => {
    const folder = await closedLog();
    flip(file(folder, 3), 200);
    const reported: Damage[] = [];
    const log = await openLog(folder, {
      segmentBytes: SEGMENT_BYTES,
      onDamage: (damage) => reported.push(damage),
    });
    expect(log.damage()).toEqual([]);
    const partition = partitionOf(log);
    // What lies before it is served although the same portion of the file holds the damage.
    expect(await partition.read(3n, 1000)).toMatchObject({ kind: 'batches' });
    for (const _time of ['found', 'known']) {
      const range = { offset: 4n, endOffset: 5n };
      expect(await partition.read(4n, 1000)).toMatchObject({ kind: 'damaged', range });
    }
    expect(await stateOf(log)).toEqual({ whole: '0-3, 5-11', damaged: '4-4' });
    expect(await stateOf(log, 1)).toEqual({ whole: '0-11', damaged: '' });
    expect(reported).toMatchObject([
      { topic: 't', partition: 0, offset: 4n, endOffset: 5n, segment: '00000000000000000003.log' },
    ]);
    expect(await append(log, partition, 'goes on')).toMatchObject({ baseOffset: 12n });
    await log.close();
  });

  it('is where a look-up by time ends that it may hold the answer to', async () => {
    const folder = folders.make();
    let now = 0;
    const log = await openLog(folder, { segmentBytes: SEGMENT_BYTES, now: () => now });
    const [partition = partitionOf(log)] = await makeTopic(log);
    for (const value of records) {
      now += 100;
      await append(log, partition, value);
    }
    flip(file(folder, 3), 200);
    const found = async (timeMs: number) => partition.firstAtOrAfter(timeMs);
    expect(await found(400)).toEqual({ offset: 3n, timestampMs: 400 });
    // As if it was the one: its time cannot be trusted, and who reads on there learns of it.
    expect(await found(450)).toEqual({ offset: 4n, timestampMs: 450 });
    expect(await found(550)).toEqual({ offset: 4n, timestampMs: 550 });
    expect(await found(650)).toEqual({ offset: 6n, timestampMs: 700 });
    await log.close();
    flip(file(folder, 3), 200);
    rmSync(file(folder, 6, 0));
    const again = await open(folder);
    expect(await partitionOf(again).firstAtOrAfter(650)).toEqual({ offset: 6n, timestampMs: 650 });
    expect(await partitionOf(again).firstAtOrAfter(950)).toEqual({ offset: 6n, timestampMs: 950 });
    await again.close();
  });

  it('is known after a restart, and is over when the file was put back', async () => {
    const folder = await closedLog();
    const copy = folders.copy(folder);
    flip(file(folder, 3), 200);
    const log = await open(folder);
    await stateOf(log);
    await log.close();
    const again = await open(folder);
    expect(again.damage()).toMatchObject([{ offset: 4n, endOffset: 5n }]);
    await again.close();
    copyFileSync(file(copy, 3), file(folder, 3));
    const repaired = await open(folder);
    expect(repaired.damage()).toEqual([]);
    expect(await stateOf(repaired)).toEqual({ whole: '0-11', damaged: '' });
    await repaired.close();
  });

  it('may be removed while it is looked at for the first time', async () => {
    const folder = await closedLog();
    flip(file(folder, 3), 200);
    let found = (): void => undefined;
    let release = (): void => undefined;
    const isFound = new Promise<void>((resolve) => (found = resolve));
    const held = new Promise<void>((resolve) => (release = resolve));
    let reads = 0;
    let isWatched = false;
    const log = await open(folder, {
      ...nodeFileSystem,
      open: async (path, mode) => {
        const opened = await nodeFileSystem.open(path, mode);
        if (path !== file(folder, 3)) return opened;
        const read = opened.read.bind(opened);
        opened.read = async (into, position) => {
          // The second one looks for the next good batch.
          if (isWatched && ++reads === 2) {
            found();
            await held;
          }
          return read(into, position);
        };
        return opened;
      },
    });
    const partition = partitionOf(log);
    isWatched = true;
    const reading = partition.read(4n, 1000);
    await isFound;
    expect(await log.deleteRecordsBefore(partition, 9n)).toBe('deleted');
    release();
    expect(await reading).toEqual({ kind: 'out_of_range' });
    await log.close();
  });

  it('is over when the records up to its end are deleted', async () => {
    const folder = await closedLog();
    flip(file(folder, 3), 200);
    const log = await open(folder);
    await stateOf(log);
    expect(await log.deleteRecordsBefore(partitionOf(log), 5n)).toBe('deleted');
    expect(log.damage()).toEqual([]);
    await log.close();
    const again = await open(folder);
    expect(await stateOf(again)).toEqual({ whole: '5-11', damaged: '' });
    await again.close();
  });

  it.each([
    ['with its index', ['log', 'index']],
    ['without its index', ['log']],
  ])('is a segment that is missing %s, at the front or in the middle', async (_name, kinds) => {
    const folder = await closedLog();
    for (const [base, state] of [
      [0, { whole: '3-11', damaged: '0-2' }],
      [6, { whole: '0-5, 9-11', damaged: '6-8' }],
    ] as const) {
      const copy = folders.copy(folder);
      for (const kind of kinds) rmSync(file(copy, base, 0, kind));
      const log = await open(copy);
      expect(await stateOf(log)).toEqual(state);
      expect(await append(log, partitionOf(log), 'goes on')).toMatchObject({ baseOffset: 12n });
      await log.close();
    }
  });

  it.each([
    ['with its index', ['log', 'index']],
    ['without its index', ['log']],
  ])('is a segment of another partition in its place, %s', async (_name, kinds) => {
    const folder = await closedLog();
    for (const kind of kinds) copyFileSync(file(folder, 3, 1, kind), file(folder, 3, 0, kind));
    const log = await open(folder);
    expect(await stateOf(log)).toEqual({ whole: '0-2, 6-11', damaged: '3-5' });
    expect(await stateOf(log, 1)).toEqual({ whole: '0-11', damaged: '' });
    await log.close();
  });

  it('is an old copy of a segment', async () => {
    const folder = await closedLog();
    truncateSync(file(folder, 3), 250);
    const log = await open(folder);
    expect(await stateOf(log)).toEqual({ whole: '0-3, 6-11', damaged: '4-5' });
    await log.close();
  });
});

describe('damage in the last segment', () => {
  it('before the mark is never cut off, whatever follows', async () => {
    const folder = await closedLog();
    const { length } = readFileSync(file(folder, LAST_BASE));
    for (const [at, state] of [
      [100, { whole: '0-8, 10-11', damaged: '9-9' }],
      [200, { whole: '0-9, 11-11', damaged: '10-10' }],
      [length - 1, { whole: '0-10', damaged: '11-11' }],
    ] as const) {
      const copy = folders.copy(folder);
      flip(file(copy, LAST_BASE), at);
      const before = readFileSync(file(copy, LAST_BASE));
      for (const next of [12n, 13n]) {
        const log = await open(copy);
        // With index and mark, it is found when it is read.
        const whole = next === 12n ? state.whole : undefined;
        if (whole !== undefined) expect(await stateOf(log)).toEqual(state);
        expect(log.cutTails).toEqual([]);
        expect(await append(log, partitionOf(log), 'next')).toMatchObject({ baseOffset: next });
        await log.close();
      }
      expect(readFileSync(file(copy, LAST_BASE)).subarray(0, length)).toEqual(before);
    }
  });

  it('is an old copy that ends before the mark: then nothing is appended', async () => {
    const folder = await closedLog();
    truncateSync(file(folder, LAST_BASE), 250);
    for (const _restart of [1, 2]) {
      const log = await open(folder);
      expect(await stateOf(log)).toEqual({ whole: '0-9', damaged: '10-11' });
      expect(partitionOf(log).highWatermark).toBe(12n);
      expect(partitionOf(log).endInDoubt).toContain('were durable');
      expect(await append(log, partitionOf(log), 'no')).toEqual({ kind: 'damaged' });
      expect(await append(log, partitionOf(log, 't', 1), 'yes')).toMatchObject({
        kind: 'appended',
      });
      await log.close();
    }
  });

  it('is a missing one, also when all are missing: then nothing is appended', async () => {
    for (const [bases, state] of [
      [[9], { whole: '0-8', damaged: '9-11' }],
      [[6, 9], { whole: '0-5', damaged: '6-11' }],
      [[0, 3, 6, 9], { whole: '', damaged: '0-11' }],
    ] as const) {
      const folder = await closedLog();
      for (const base of bases) rmSync(file(folder, base));
      const log = await open(folder);
      expect(await stateOf(log)).toEqual(state);
      expect(await append(log, partitionOf(log), 'no')).toEqual({ kind: 'damaged' });
      await log.close();
    }
  });

  it('is one of another partition in its place', async () => {
    const folder = await closedLog();
    copyFileSync(file(folder, LAST_BASE, 1), file(folder, LAST_BASE));
    const log = await open(folder);
    expect(await stateOf(log)).toEqual({ whole: '0-8', damaged: '9-11' });
    expect(await append(log, partitionOf(log), 'no')).toEqual({ kind: 'damaged' });
    await log.close();
  });

  it('whose end is in doubt goes on where an operator says: an empty segment', async () => {
    const folder = await closedLog();
    rmSync(file(folder, LAST_BASE));
    await (await open(folder)).close();
    writeFileSync(file(folder, 100), '');
    for (const next of [100n, 101n]) {
      const log = await open(folder);
      expect(await append(log, partitionOf(log), 'goes on')).toMatchObject({ baseOffset: next });
      expect(partitionOf(log).damage).toMatchObject([{ offset: 9n, endOffset: 100n }]);
      await log.close();
    }
    // Not below an offset that was given.
    const folder2 = await closedLog();
    rmSync(file(folder2, LAST_BASE));
    writeFileSync(file(folder2, 10), '');
    const log = await open(folder2);
    expect(await append(log, partitionOf(log), 'no')).toEqual({ kind: 'damaged' });
    await log.close();
  });
});

describe('a part that the disk cannot read', () => {
  it('is damage of one record, in an old segment and in the last one', async () => {
    const folder = folders.make();
    const made = MemoryDisk.holding(folder);
    const segmentBytes = 2100;
    const log = await openLog(folder, { segmentBytes, files: made });
    const [partition = partitionOf(log)] = await makeTopic(log);
    const values = records.map((value) => value + '.'.repeat(540));
    for (const value of values) await append(log, partition, value);
    const killed = made.copy();
    await log.close();
    for (const [disk, base, position, bad] of [
      [made, 3, 1000, 4n],
      [killed, 3, 1000, 4n],
      [made, 3, 30, 3n],
      [made, LAST_BASE, 1000, 10n],
    ] as const) {
      const files = disk.copy();
      files.badSector = { path: file(folder, base), position };
      const again = await openLog(folder, { segmentBytes, files });
      const { records: whole, damaged } = await contentsOf(partitionOf(again));
      expect(damaged).toMatchObject([{ offset: bad, endOffset: bad + 1n }]);
      expect([...whole.values()]).toEqual(values.filter((_, index) => index !== Number(bad)));
      expect(await append(again, partitionOf(again), 'next')).toMatchObject({ baseOffset: 12n });
      await again.close();
    }
  });
});

describe('damage where there are no marks', () => {
  it('is never cut off while whole batches follow', async () => {
    const folder = await closedLog();
    for (const name of ['marks-0', 'marks-1']) rmSync(join(folder, name));
    flip(file(folder, LAST_BASE), 100);
    const log = await open(folder);
    expect(await stateOf(log)).toEqual({ whole: '0-8, 10-11', damaged: '9-9' });
    expect(log.cutTails).toEqual([]);
    expect(await append(log, partitionOf(log), 'next')).toMatchObject({ baseOffset: 12n });
    await log.close();
  });
});

describe('the first start of a log', () => {
  it('is not held against marks of another one', async () => {
    const folder = await closedLog();
    const other = await closedLog();
    for (const name of ['marks-0', 'marks-1']) cpSync(join(other, name), join(folder, name));
    const log = await open(folder);
    const all: StoredRecord[] = await readAll(partitionOf(log));
    expect(all.map(({ value }) => value)).toEqual(records);
    await log.close();
  });
});
