import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { crc32c } from '@node-rs/crc32';
import { AT } from '@tally/kafka-wire';
import { nodeFileSystem, type FileSystem } from '../src/index.js';
import {
  append,
  batchOf,
  Folders,
  makeTopic,
  openLog,
  partitionOf,
  readAll,
} from './support/log-folder.js';

const folders = new Folders();
afterEach(() => folders.removeAll());

describe('a partition', () => {
  it('with a time that no clock has is appended to, searched and opened like any other', async () => {
    const folder = folders.make();
    const open = () => openLog(folder, { segmentBytes: 2000 });
    const log = await open();
    const [partition = partitionOf(log)] = await makeTopic(log);
    const strange = batchOf('x'.repeat(1000));
    strange.writeBigInt64BE(2n ** 63n - 1n, AT.maxTimestamp);
    strange.writeUInt32BE(crc32c(strange.subarray(AT.attributes)), AT.crc);
    await log.append(partition, { bytes: strange, stampTime: false });
    for (let more = 0; more < 5; more++) await append(log, partition, 'y'.repeat(1000));
    expect(await partition.firstAtOrAfter(2 ** 52)).toMatchObject({ offset: 0n });
    await log.close();
    const again = await open();
    expect(await readAll(partitionOf(again))).toHaveLength(6);
    expect(await partitionOf(again).firstAtOrAfter(2 ** 52)).toMatchObject({ offset: 0n });
    await again.close();
  });

  it('is read as a model says, from any offset, in any portion, before and after a restart', async () => {
    const batches = fc.array(
      fc.array(fc.string({ maxLength: 300 }), { minLength: 1, maxLength: 5 }),
      { minLength: 1, maxLength: 30 },
    );
    const property = fc.asyncProperty(
      batches,
      fc.integer({ min: 100, max: 3000 }),
      fc.nat(),
      fc.integer({ min: 0, max: 5000 }),
      async (values, segmentBytes, start, maxBytes) => {
        const folder = folders.make();
        const model = values.flat().map((value, index) => ({ offset: BigInt(index), value }));
        const log = await openLog(folder, { segmentBytes });
        const [partition = partitionOf(log)] = await makeTopic(log);
        const half = Math.floor(values.length / 2);
        // Some together, in few rounds; the rest one by one.
        await Promise.all(values.slice(0, half).map((batch) => append(log, partition, ...batch)));
        for (const batch of values.slice(half)) await append(log, partition, ...batch);
        const from = BigInt(start % (model.length + 1));
        const expected = model.slice(Number(from));
        expect(await readAll(partition, from, maxBytes)).toEqual(expected);
        await log.close();
        const again = await openLog(folder, { segmentBytes });
        expect(again.cutTails).toEqual([]);
        expect(await readAll(partitionOf(again), from, maxBytes)).toEqual(expected);
        await again.close();
      },
    );
    await fc.assert(property, { numRuns: 40, verbose: 1 });
  }, 60_000);

  it('that is being deleted is not found any more, and who had found it reads nothing', async () => {
    const folder = folders.make();
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const log = await openLog(folder, {
      files: {
        ...nodeFileSystem,
        rename: async (from, to) => {
          if (to.includes('~deleted')) await held;
          await nodeFileSystem.rename(from, to);
        },
      },
    });
    const [partition = partitionOf(log)] = await makeTopic(log);
    await append(log, partition, 'a');
    const closed = new Promise<void>((resolve) => partition.onChange(resolve));
    const deleted = log.deleteTopic('t');
    await closed;
    expect(log.topic('t')).toBeUndefined();
    expect(await partition.read(0n, 100)).toEqual({ kind: 'closed' });
    expect(await partition.firstAtOrAfter(0)).toBeUndefined();
    release();
    expect(await deleted).toBe(true);
    await log.close();
  });

  it('is read to the end by who had begun before records were deleted', async () => {
    const log = await openLog(folders.make(), { segmentBytes: 100 });
    const [partition = partitionOf(log)] = await makeTopic(log);
    for (const value of ['a', 'b', 'c']) await append(log, partition, value.repeat(50));
    const [first] = partition.allSegments();
    const reading = partition.read(0n, 1000);
    expect(await log.deleteRecordsBefore(partition, 1n)).toBe('deleted');
    expect(await reading).toMatchObject({ kind: 'batches' });
    await expect(first?.read(0n, 1000)).rejects.toThrow(/not part of the log any more/);
    await log.close();
  });

  it('is out of range behind its end and before its start, and empty at its end', async () => {
    const log = await openLog(folders.make());
    const [partition = partitionOf(log)] = await makeTopic(log);
    await append(log, partition, 'a', 'b');
    expect(await partition.read(2n, 100)).toEqual({ kind: 'batches', bytes: Buffer.alloc(0) });
    expect(await partition.read(3n, 100)).toEqual({ kind: 'out_of_range' });
    expect(await log.deleteRecordsBefore(partition, 1n)).toBe('deleted');
    expect(await partition.read(0n, 100)).toEqual({ kind: 'out_of_range' });
    expect(await log.deleteRecordsBefore(partition, 3n)).toBe('out_of_range');
    await log.close();
  });

  it('finds the first record at or after a time, over segments and restarts', async () => {
    const folder = folders.make();
    let now = 0;
    const log = await openLog(folder, { segmentBytes: 300, now: () => now });
    const [partition = partitionOf(log)] = await makeTopic(log);
    for (const time of [100, 100, 250, 400, 400, 900]) {
      now = time;
      await append(log, partition, `at ${time}`, 'and');
    }
    await log.close();
    const again = await openLog(folder);
    const found = async (time: number) =>
      (await partitionOf(again).firstAtOrAfter(time))?.offset ?? 'none';
    const asked = [0, 100, 101, 250, 300, 400, 401, 900, 901];
    expect(await Promise.all(asked.map(found))).toEqual([0n, 0n, 4n, 4n, 6n, 6n, 10n, 10n, 'none']);
    await again.close();
  });

  it('takes appends while what was deleted is removed, however long that takes', async () => {
    const folder = folders.make();
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const removing: string[] = [];
    const log = await openLog(folder, {
      segmentBytes: 100,
      files: {
        ...nodeFileSystem,
        remove: async (path) => {
          if (path.endsWith('.log.new') || path.includes('~deleted')) {
            removing.push(path);
            await held;
          }
          await nodeFileSystem.remove(path);
        },
      },
    });
    const [partition = partitionOf(log)] = await makeTopic(log);
    await makeTopic(log, 'other');
    for (const value of ['a', 'b', 'c']) await append(log, partition, value.repeat(50));
    expect(await log.deleteRecordsBefore(partition, 2n)).toBe('deleted');
    expect(await log.deleteTopic('other')).toBe(true);
    expect(await append(log, partition, 'd')).toMatchObject({ kind: 'appended' });
    expect(removing).toHaveLength(1);
    release();
    await log.close();
    expect(readdirSync(join(folder, 'topics'))).toEqual(['t']);
    expect(readdirSync(join(folder, 'topics/t/0')).filter((name) => name.endsWith('new'))).toEqual(
      [],
    );
  });

  it('frees what an interrupted deletion left when it is opened, and when it is asked again', async () => {
    const folder = folders.make();
    let isCut = false;
    const files: FileSystem = {
      ...nodeFileSystem,
      rename: async (from, to) => {
        if (isCut && to.endsWith('.log.new')) throw new Error('the power is cut');
        await nodeFileSystem.rename(from, to);
      },
    };
    const segments = () =>
      readdirSync(join(folder, 'topics/t/0')).filter((name) => name.endsWith('.log')).length;
    const log = await openLog(folder, { segmentBytes: 100, files, onFatal: () => undefined });
    const [partition = partitionOf(log)] = await makeTopic(log);
    for (let index = 0; index < 6; index++) await append(log, partition, 'x'.repeat(50));
    isCut = true;
    await expect(log.deleteRecordsBefore(partition, 4n)).rejects.toThrow('the power is cut');
    await log.close();
    expect(segments()).toBe(6);
    const again = await openLog(folder, { segmentBytes: 100 });
    expect(partitionOf(again).logStart).toBe(4n);
    await again.close();
    expect(segments()).toBe(2);
  });

  it('removes whole segments before its start, and knows its start after a restart', async () => {
    const folder = folders.make();
    const log = await openLog(folder, { segmentBytes: 200 });
    const [partition = partitionOf(log)] = await makeTopic(log);
    for (let index = 0; index < 10; index++) await append(log, partition, `value ${index}`);
    const files = () =>
      readdirSync(join(folder, 'topics/t/0')).filter((name) => name.endsWith('.log'));
    const before = files().length;
    expect(await log.deleteRecordsBefore(partition, 7n)).toBe('deleted');
    expect(files().length).toBeLessThan(before);
    await log.close();
    const again = await openLog(folder);
    const left = await readAll(partitionOf(again));
    expect(left.map(({ value }) => value)).toEqual(['value 7', 'value 8', 'value 9']);
    await again.close();
  });

  it('tells at once of records that can be read, and of its end', async () => {
    const log = await openLog(folders.make());
    const [partition = partitionOf(log)] = await makeTopic(log);
    const marks: bigint[] = [];
    const stop = partition.onChange(() => marks.push(partition.highWatermark));
    await append(log, partition, 'a');
    await append(log, partition, 'b', 'c');
    stop();
    await append(log, partition, 'd');
    expect(marks).toEqual([1n, 3n]);
    await log.close();
  });
});

describe('appends', () => {
  it('of one turn share a sync, in order', async () => {
    const rounds: number[] = [];
    const log = await openLog(folders.make(), { onCommit: ({ bytes }) => rounds.push(bytes) });
    const [partition = partitionOf(log)] = await makeTopic(log);
    const values = Array.from({ length: 50 }, (_, index) => String(index));
    const outcomes = await Promise.all(values.map((value) => append(log, partition, value)));
    expect(outcomes.map((outcome) => outcome.kind === 'appended' && outcome.baseOffset)).toEqual(
      values.map(BigInt),
    );
    expect(rounds).toHaveLength(1);
    await log.close();
  });

  it('are refused when too many bytes wait', async () => {
    const bytes = batchOf('x').length;
    const log = await openLog(folders.make(), { maxQueuedBytes: 2 * bytes });
    const [partition = partitionOf(log)] = await makeTopic(log);
    const outcomes = await Promise.all([1, 2, 3].map(() => append(log, partition, 'x')));
    expect(outcomes.map(({ kind }) => kind)).toEqual(['appended', 'appended', 'overloaded']);
    expect(await append(log, partition, 'x')).toMatchObject({ kind: 'appended' });
    await log.close();
    expect(await append(log, partition, 'x')).toEqual({ kind: 'closed' });
  });
});

describe('topics', () => {
  it('are there after a restart as they were made and changed, or gone', async () => {
    const folder = folders.make();
    const log = await openLog(folder);
    await makeTopic(log, 'kept', 2);
    const [gone = partitionOf(log, 'gone')] = await makeTopic(log, 'gone');
    const kept = log.topic('kept');
    if (kept !== undefined) await log.configureTopic(kept, () => ({ 'retention.ms': '5' }));
    const waiting = append(log, gone, 'decided before');
    expect(await log.deleteTopic('gone')).toBe(true);
    expect(await waiting).toMatchObject({ kind: 'appended' });
    expect(await append(log, gone, 'too late')).toEqual({ kind: 'closed' });
    expect(await log.createTopic({ name: 'kept', partitions: 1, configs: {} })).toEqual({
      kind: 'exists',
    });
    await log.close();
    // What a process leaves that was killed while it made or removed a topic.
    writeFileSync(join(folder, 'topics/~new-0123'), '');
    const again = await openLog(folder);
    expect(again.id).toBe(log.id);
    expect(again.topics().map(({ definition }) => definition)).toEqual([kept?.definition]);
    expect(again.topic('kept')?.configs).toEqual({ 'retention.ms': '5' });
    expect(readdirSync(join(folder, 'topics'))).toEqual(['kept']);
    await again.close();
  });
});

describe('a log of the first version', () => {
  it('opens: it has no marks, indexes and checksums of small files, and gets them', async () => {
    const folder = folders.make();
    const log = await openLog(folder, { segmentBytes: 200 });
    const [partition = partitionOf(log)] = await makeTopic(log);
    for (let index = 0; index < 10; index++) await append(log, partition, `value ${index}`);
    await log.deleteRecordsBefore(partition, 1n);
    await log.close();
    const partitionFolder = join(folder, 'topics/t/0');
    for (const name of readdirSync(partitionFolder)) {
      if (name.endsWith('.index')) rmSync(join(partitionFolder, name));
    }
    for (const name of ['marks-0', 'marks-1']) rmSync(join(folder, name));
    writeFileSync(join(partitionFolder, 'log-start'), '1\n');
    for (const path of [join(folder, 'log.json'), join(folder, 'topics/t/topic.json')]) {
      const { crc: _crc, ...content } = JSON.parse(readFileSync(path, 'utf8')) as { crc: number };
      writeFileSync(path, JSON.stringify(content));
    }
    const again = await openLog(folder, { segmentBytes: 200 });
    expect(await readAll(partitionOf(again))).toHaveLength(9);
    expect(again.damage()).toEqual([]);
    await again.close();
    const names = readdirSync(partitionFolder);
    const count = (ending: string) => names.filter((name) => name.endsWith(ending)).length;
    expect(count('.index')).toBe(count('.log'));
    expect(readdirSync(folder)).toEqual(expect.arrayContaining(['marks-0', 'marks-1']));
  });
});

describe('a folder', () => {
  it('has one log at a time, and another after it was closed', async () => {
    const folder = folders.make();
    const log = await openLog(folder);
    await expect(openLog(folder)).rejects.toThrow('one at a time');
    await log.close();
    await (await openLog(folder)).close();
  });

  it('is held by a process of another container, and free as soon as that is killed', async () => {
    const folder = folders.make();
    const inside = ['--pid', '--fork', '--kill-child'];
    // It says so once it has the folder, and ends with its standard input.
    const holding = ['flock', '--nonblock', folder, 'sh', '-c', 'echo held; exec cat'];
    const other = spawn('unshare', [...inside, ...holding], { stdio: ['pipe', 'pipe', 'inherit'] });
    const ended = once(other, 'close');
    const [said] = (await once(other.stdout, 'data')) as [Buffer];
    expect(said.toString()).toBe('held\n');
    await expect(openLog(folder)).rejects.toThrow('is used by another process; one at a time');
    other.kill('SIGKILL');
    await ended;
    await (await openLog(folder)).close();
  });

  it('is locked without a file, and by nobody once opening it has failed', async () => {
    const folder = folders.make();
    writeFileSync(join(folder, 'log.json'), 'no description');
    const before = readdirSync(folder);
    await expect(openLog(folder)).rejects.toThrow('log.json');
    expect(readdirSync(folder)).toEqual(expect.arrayContaining(before));
    rmSync(join(folder, 'log.json'));
    await (await openLog(folder)).close();
    expect(readdirSync(folder).filter((name) => name.includes('lock'))).toEqual([]);
  });
});
