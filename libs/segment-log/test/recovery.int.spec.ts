import {
  appendFileSync,
  mkdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { readBatchHeader } from '@tally/kafka-wire';
import fc from 'fast-check';
import { append, Folders, makeTopic, openLog, partitionOf, readAll } from './support/log-folder.js';

const folders = new Folders();
afterEach(() => folders.removeAll());

const batches = fc.array(fc.array(fc.string({ maxLength: 20 }), { minLength: 1, maxLength: 4 }), {
  minLength: 1,
  maxLength: 6,
});
const segment = (folder: string) => join(folder, 'topics/t/0/00000000000000000000.log');

/**
 * A log of one partition with these batches, as a killed process leaves it: everything that was
 * appended lies behind its mark.
 */
async function logOf(values: readonly (readonly string[])[]): Promise<string> {
  const folder = folders.make();
  const log = await openLog(folder);
  const [partition = partitionOf(log)] = await makeTopic(log);
  for (const batch of values) await append(log, partition, ...batch);
  const killed = folders.copy(folder);
  await log.close();
  return killed;
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
      expect(log.cutTails).toEqual([
        {
          file: segment(folder),
          position: length,
          bytes: tail.length,
          batches: 0,
          kept: undefined,
        },
      ]);
      await log.close();
      expect(await valuesIn(folder)).toEqual(values.flat());
      expect(readFileSync(segment(folder))).toHaveLength(length);
    });
    await fc.assert(property, { numRuns: 60, verbose: 1 });
  }, 60_000);

  it('keeps what it cuts off where that holds whole batches, and counts them', async () => {
    const folder = await logOf([['a'], ['b'], ['c'], ['d', 'e']]);
    const bytes = readFileSync(segment(folder));
    const [, end = 0] = endsOf(bytes);
    // The power cut lost the beginning of one batch of the last round, and not those behind it.
    const torn = Buffer.from(bytes);
    torn.fill(0, end, end + 40);
    writeFileSync(segment(folder), torn);
    const name = `t-0-00000000000000000000-${end}`;
    for (const [before, after] of [
      ['another', name],
      [name, `${name}-2`],
    ] as const) {
      const copy = folders.copy(folder);
      mkdirSync(join(copy, 'quarantine'));
      writeFileSync(join(copy, 'quarantine', before), 'of a cut before');
      const kept = join(copy, 'quarantine', after);
      const log = await openLog(copy);
      const cut = { file: segment(copy), position: end, bytes: bytes.length - end };
      expect(log.cutTails).toEqual([{ ...cut, batches: 1, kept }]);
      expect(log.damage()).toEqual([]);
      await log.close();
      expect(readFileSync(kept)).toEqual(torn.subarray(end));
      expect(await valuesIn(copy)).toEqual(['a', 'b']);
    }
  });

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
