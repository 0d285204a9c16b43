import { appendFileSync, copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { Damage, SegmentLog } from '../src/index.js';
import { append, Folders, makeTopic, openLog, partitionOf } from './support/log-folder.js';

const folders = new Folders();
let log: SegmentLog | undefined;
afterEach(async () => {
  await log?.close();
  folders.removeAll();
});

const SEGMENT_BYTES = 400;
const file = (folder: string, base: number, partition = 0) =>
  join(folder, `topics/t/${partition}`, `${String(base).padStart(20, '0')}.log`);

/** A closed log of two partitions of twelve records in four segments. */
async function closedLog(): Promise<string> {
  const folder = folders.make();
  const made = await openLog(folder, { segmentBytes: SEGMENT_BYTES });
  for (const partition of await makeTopic(made, 't', 2)) {
    for (let index = 0; index < 12; index++) {
      await append(made, partition, `${partition.number} ${index} ${'x'.repeat(50)}`);
    }
  }
  await made.close();
  return folder;
}

/** Opens a log that scrubs all the time; `pass` resolves at the end of a pass that began later. */
async function scrubbed(folder: string, pauseMs = 1) {
  const found: Damage[] = [];
  let waiting: { left: number; done: (bytes: number) => void }[] = [];
  log = await openLog(folder, {
    segmentBytes: SEGMENT_BYTES,
    onDamage: (damage) => found.push(damage),
    scrub: {
      bytesPerSecond: 1e12,
      pauseMs,
      onPass: ({ bytes }) => {
        for (const one of waiting) if (--one.left === 0) one.done(bytes);
        waiting = waiting.filter(({ left }) => left > 0);
      },
    },
  });
  const pass = () => new Promise<number>((done) => waiting.push({ left: 2, done }));
  const ranges = () =>
    found.map(({ partition, offset, endOffset }) => [partition, offset, endOffset]);
  return { log, pass, found, ranges };
}

function flip(path: string, at: number): void {
  const bytes = readFileSync(path);
  bytes.writeUInt8(bytes.readUInt8(at) ^ 0x10, at);
  writeFileSync(path, bytes);
}

describe('the scrub', () => {
  it('reads every record and finds nothing in a log that is whole and takes appends', async () => {
    const folder = await closedLog();
    const { log: open, pass, found } = await scrubbed(folder);
    const total = [0, 3, 6, 9].reduce(
      (sum, base) => sum + readFileSync(file(folder, base)).length,
      0,
    );
    expect(await pass()).toBeGreaterThanOrEqual(2 * total);
    for (let index = 0; index < 20; index++) await append(open, partitionOf(open), `more ${index}`);
    await pass();
    expect(found).toEqual([]);
  });

  it('finds what is damaged before anybody reads it, tells it once, and goes on behind it', async () => {
    const folder = await closedLog();
    const { log: open, pass, ranges } = await scrubbed(folder);
    flip(file(folder, 0), 100);
    flip(file(folder, 3), 10);
    flip(file(folder, 9, 1), 300);
    await pass();
    await pass();
    expect(ranges()).toEqual([
      [0, 0n, 1n],
      [0, 3n, 4n],
      [1, 11n, 12n],
    ]);
    expect(open.damage()).toHaveLength(3);
    expect(await partitionOf(open).read(0n, 100)).toMatchObject({ kind: 'damaged' });
    expect(await partitionOf(open).read(1n, 100)).toMatchObject({ kind: 'batches' });
    expect(await append(open, partitionOf(open, 't', 1), 'next')).toMatchObject({
      baseOffset: 12n,
    });
  });

  it('finds a file that was removed, and one that was replaced', async () => {
    const folder = await closedLog();
    const { pass, ranges, found } = await scrubbed(folder);
    rmSync(file(folder, 3));
    copyFileSync(file(folder, 3, 1), `${file(folder, 6)}.other`);
    rmSync(file(folder, 6));
    copyFileSync(`${file(folder, 6)}.other`, file(folder, 6));
    await pass();
    expect(ranges()).toEqual([
      [0, 3n, 6n],
      [0, 6n, 9n],
    ]);
    expect(found[0]?.reason).toBe('the file is missing');
  });

  it('takes no batch for damaged that is being written', async () => {
    const folder = await closedLog();
    const { pass, found } = await scrubbed(folder);
    // What lies behind the durable end is no record yet.
    appendFileSync(file(folder, 9), Buffer.alloc(50));
    await pass();
    expect(found).toEqual([]);
  });

  it('leaves topics that are deleted and records that are deleted meanwhile alone', async () => {
    const folder = await closedLog();
    const { log: open, pass, found } = await scrubbed(folder, 0);
    await open.deleteRecordsBefore(partitionOf(open), 7n);
    await pass();
    await open.deleteTopic('t');
    await pass();
    expect(found).toEqual([]);
  });
});
