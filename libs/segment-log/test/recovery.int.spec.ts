import { readFileSync, rmSync, truncateSync, writeFileSync, appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { readBatchHeader } from '@tally/kafka-wire';
import fc from 'fast-check';
import { DamagedLog } from '../src/index.js';
import { append, Folders, makeTopic, openLog, partitionOf, readAll } from './support/log-folder.js';

const folders = new Folders();
afterEach(() => folders.removeAll());

const batches = fc.array(fc.array(fc.string({ maxLength: 20 }), { minLength: 1, maxLength: 4 }), {
  minLength: 1,
  maxLength: 6,
});
const segment = (folder: string, base = 0) =>
  join(folder, 'topics/t/0', `${String(base).padStart(20, '0')}.log`);

/** A closed log of one partition with these batches. */
async function logOf(
  values: readonly (readonly string[])[],
  segmentBytes = 1 << 20,
): Promise<string> {
  const folder = folders.make();
  const log = await openLog(folder, { segmentBytes });
  const [partition = partitionOf(log)] = await makeTopic(log);
  for (const batch of values) await append(log, partition, ...batch);
  await log.close();
  return folder;
}

/** Positions where batches end in a segment. */
function endsOf(bytes: Buffer): number[] {
  const ends: number[] = [];
  for (let at = 0; at < bytes.length;) {
    at += readBatchHeader(bytes, at)?.size ?? Infinity;
    ends.push(at);
  }
  return ends;
}

async function valuesIn(folder: string): Promise<string[]> {
  const log = await openLog(folder);
  const records = await readAll(partitionOf(log));
  expect(records.map(({ offset }) => Number(offset))).toEqual([...Array(records.length).keys()]);
  await log.close();
  return records.map(({ value }) => value);
}

describe('a log that stopped in the middle of a write', () => {
  it('has all whole batches wherever its file ends, and goes on behind them', async () => {
    const values = [['a', 'b'], ['c'], ['d', 'e', 'f']];
    const folder = await logOf(values);
    const bytes = readFileSync(segment(folder));
    const ends = endsOf(bytes);
    for (let length = ends[0] ?? 0; length <= bytes.length; length++) {
      const copy = folders.copy(folder);
      truncateSync(segment(copy), length);
      const whole = values.slice(0, ends.filter((end) => end <= length).length).flat();
      expect(await valuesIn(copy)).toEqual(whole);
      const log = await openLog(copy);
      expect(await append(log, partitionOf(log), 'next')).toMatchObject({
        baseOffset: BigInt(whole.length),
      });
      await log.close();
      expect(await valuesIn(copy)).toEqual([...whole, 'next']);
      rmSync(copy, { recursive: true });
    }
  }, 60_000);

  it('cuts off zeros and garbage behind the last batch, and says so', async () => {
    const garbage = fc.oneof(
      fc.integer({ min: 1, max: 9000 }).map((length) => Buffer.alloc(length)),
      fc.uint8Array({ minLength: 1, maxLength: 3000 }).map((bytes) => Buffer.from(bytes)),
      // A header of a batch that never was: magic and counts fit, the CRC does not.
      fc.uint8Array({ minLength: 100, maxLength: 200 }).map((bytes) => {
        const batch = Buffer.from(bytes);
        batch.writeInt32BE(batch.length - 12, 8);
        batch.writeInt8(2, 16);
        batch.writeInt32BE(0, 23);
        batch.writeInt32BE(1, 57);
        return batch;
      }),
    );
    const property = fc.asyncProperty(batches, garbage, async (values, tail) => {
      const folder = await logOf(values);
      const { length } = readFileSync(segment(folder));
      appendFileSync(segment(folder), tail);
      const log = await openLog(folder);
      const expected = { file: segment(folder), position: length, bytes: tail.length };
      expect(log.cutTails).toEqual([expected]);
      await log.close();
      expect(await valuesIn(folder)).toEqual(values.flat());
      expect(readFileSync(segment(folder))).toHaveLength(length);
    });
    await fc.assert(property, { numRuns: 60, verbose: 1 });
  }, 60_000);

  it('never gives a time before one that it gave already', async () => {
    const folder = folders.make();
    let now = 5000;
    const timesOf = async (count: number) => {
      const log = await openLog(folder, { now: () => (now -= 1000) });
      const partition = log.topic('t')?.partitions[0] ?? (await makeTopic(log))[0];
      const times: unknown[] = [];
      for (let index = 0; index < count; index++) {
        const outcome = await append(log, partition ?? partitionOf(log), 'x');
        times.push(outcome.kind === 'appended' ? outcome.appendTimeMs : outcome.kind);
      }
      await log.close();
      return times;
    };
    expect(await timesOf(2)).toEqual([4000, 4000]);
    expect(await timesOf(2)).toEqual([4000, 4000]);
  });
});

describe('damage that is no torn tail', () => {
  const values = Array.from({ length: 12 }, (_, index) => [`value ${index} ${'x'.repeat(50)}`]);

  /** Opens a damaged copy; the error must name the file. */
  async function damaged(folder: string, file: string): Promise<DamagedLog> {
    const error: unknown = await openLog(folder).then(
      (log) => log.close(),
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(DamagedLog);
    if (!(error instanceof DamagedLog)) throw new Error('it opened');
    expect(error.file).toBe(file);
    return error;
  }

  function flip(file: string, at: number): void {
    const bytes = readFileSync(file);
    bytes.writeUInt8(bytes.readUInt8(at) ^ 0x10, at);
    writeFileSync(file, bytes);
  }

  it('in the last segment is an error wherever it is, as long as a batch follows', async () => {
    const folder = await logOf(values.slice(0, 3));
    const file = segment(folder);
    const ends = endsOf(readFileSync(file));
    const places = fc.integer({ min: 0, max: (ends[1] ?? 0) - 1 });
    const property = fc.asyncProperty(places, async (at) => {
      const copy = folders.copy(folder);
      flip(segment(copy), at);
      // The epoch lies outside of every check, and changes nothing.
      const start = at < (ends[0] ?? 0) ? 0 : (ends[0] ?? 0);
      if (at - start >= 12 && at - start < 16) return;
      const before = readFileSync(segment(copy));
      expect((await damaged(copy, segment(copy))).position).toBe(start);
      expect(readFileSync(segment(copy))).toEqual(before);
    });
    await fc.assert(property, { numRuns: 100, verbose: 1 });
  }, 60_000);

  it('in an older segment is an error at start when batches do not join, else when it is read', async () => {
    const folder = await logOf(values, 400);
    const headers = folders.copy(folder);
    flip(segment(headers), 16);
    expect((await damaged(headers, segment(headers))).position).toBe(0);

    const content = folders.copy(folder);
    flip(segment(content), 100);
    const log = await openLog(content);
    await expect(partitionOf(log).read(0n, 1000)).rejects.toThrow(DamagedLog);
    await log.close();
  });

  it('is an error where a segment is missing, at the front or in the middle', async () => {
    const folder = await logOf(values, 400);
    const bases = [0, 3, 6, 9];
    for (const base of bases.slice(0, -1)) {
      const copy = folders.copy(folder);
      rmSync(segment(copy, base));
      await expect(openLog(copy)).rejects.toThrow(DamagedLog);
    }
  });

  it('is an error where a description is not what was written', async () => {
    for (const name of ['log.json', 'topics/t/topic.json']) {
      const folder = await logOf(values.slice(0, 1));
      writeFileSync(join(folder, name), '{"formatVersion":2}');
      await damaged(folder, join(folder, name));
      rmSync(join(folder, name));
      await damaged(folder, join(folder, name));
    }
  });
});
