import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { crc32c } from '@node-rs/crc32';
import { readBatchHeader } from '@tally/kafka-wire';
import type { SegmentLog } from '../src/index.js';
import { append, Folders, makeTopic, openLog, type StoredRecord } from './support/log-folder.js';
import { MemoryDisk } from './support/memory-disk.js';
import { problemsOf } from './support/verdict.js';

/** Three batches fit into the first segment. */
const SEGMENT_BYTES = 220;
const PARTITIONS = 2;
const folders = new Folders();
afterAll(() => folders.removeAll());

let folder: string;
/** A closed log: everything in it was acknowledged. */
let closed: MemoryDisk;
/** The same one as a kill leaves it: without the last indexes and marks. */
let killed: MemoryDisk;
const known: StoredRecord[][] = Array.from({ length: PARTITIONS }, () => []);

beforeAll(async () => {
  folder = folders.make();
  const disk = MemoryDisk.holding(folder);
  const log = await openLog(folder, { files: disk, segmentBytes: SEGMENT_BYTES });
  const partitions = await makeTopic(log, 't', PARTITIONS);
  for (const values of [['a'], ['b', 'c'], ['d'], ['e'], ['f']]) {
    for (const [number, partition] of partitions.entries()) {
      // The partitions look alike: only their values differ.
      const own = values.map((value) => `${value}${number}`);
      const outcome = await append(log, partition, ...own);
      if (outcome.kind !== 'appended') throw new Error(outcome.kind);
      for (const [index, value] of own.entries()) {
        known[number]?.push({ offset: outcome.baseOffset + BigInt(index), value });
      }
    }
  }
  for (const partition of partitions) await log.deleteRecordsBefore(partition, 1n);
  killed = disk.copy();
  await log.close();
  closed = disk;
});

/** At each start all is there or named, and a new record gets an offset of its own. */
async function problemsAfter(disk: MemoryDisk, times = ['first', 'second']): Promise<string[]> {
  const problems: string[] = [];
  const mayHave = known.map((records) => [...records]);
  for (const time of times) {
    let log: SegmentLog;
    try {
      log = await openLog(folder, { files: disk, segmentBytes: SEGMENT_BYTES });
    } catch (error) {
      return [...problems, `it does not open: ${String(error)}`];
    }
    problems.push(...(await problemsOf(log, 't', known, mayHave)));
    for (const [number, partition] of (log.topic('t')?.partitions ?? []).entries()) {
      const outcome = await append(log, partition, time);
      const end = BigInt(known[number]?.length ?? 0);
      if (outcome.kind === 'appended' && outcome.baseOffset < end) {
        problems.push(`${number}: offset ${outcome.baseOffset} was given again`);
      }
      if (outcome.kind !== 'appended' && outcome.kind !== 'damaged') problems.push(outcome.kind);
      mayHave[number]?.push({ offset: end, value: time });
    }
    await log.close();
  }
  return problems;
}

const isSegment = (path: string) => path.endsWith('.log');
/** Without it there is no telling what the topic is: it is closed. */
const isDescription = (path: string) => path.endsWith('topic.json');
/** The marks say the same. */
const isIdentity = (path: string) => path.endsWith('log.json');

/** Every state of one file in which exactly one bit is another. */
function* flips(path: string, disk: MemoryDisk): Generator<[string, MemoryDisk]> {
  const bytes = new Map(disk.files(folder)).get(path) ?? Buffer.alloc(0);
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const changed = Buffer.from(bytes);
    changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
    const copy = disk.copy();
    copy.put(path, changed);
    yield [`${path.slice(folder.length)} bit ${bit}`, copy];
  }
}

/** Every state of one file that ends before it should, or is gone. */
function* truncations(path: string, disk: MemoryDisk): Generator<[string, MemoryDisk]> {
  const bytes = new Map(disk.files(folder)).get(path) ?? Buffer.alloc(0);
  for (let length = -1; length < bytes.length; length++) {
    const copy = disk.copy();
    copy.put(path, length < 0 ? undefined : bytes.subarray(0, length));
    yield [`${path.slice(folder.length)} cut to ${length}`, copy];
  }
}

type Changes = typeof flips;

async function problemsOfAll(
  disk: MemoryDisk,
  changes: Changes,
  isWanted: (path: string) => boolean,
): Promise<string[]> {
  const problems: string[] = [];
  let count = 0;
  for (const [path] of disk.files(folder)) {
    if (!isWanted(path)) continue;
    for (const [name, changed] of changes(path, disk)) {
      // A second start finds what the first one wrote: seldom, since it takes as long again.
      const starts = count++ % 8 === 0 ? ['first', 'second'] : ['first'];
      const found = await problemsAfter(changed, starts);
      problems.push(...found.map((problem) => `${name}: ${problem}`));
    }
  }
  return problems;
}

describe('a log of several segments and two partitions', () => {
  it('is as it was, unchanged', async () => {
    expect(await problemsAfter(closed.copy())).toEqual([]);
    expect(await problemsAfter(killed.copy())).toEqual([]);
  });

  it.each<[string, Changes]>([
    ['bit', flips],
    ['truncation', truncations],
  ])(
    'loses, changes and invents nothing without saying so, for any one %s of a segment',
    async (_name, changes) => {
      expect(await problemsOfAll(closed, changes, isSegment)).toEqual([]);
    },
    180_000,
  );

  it.each<[string, Changes]>([
    ['bit', flips],
    ['truncation', truncations],
  ])(
    'has everything, for any one %s of an index, of marks or of the log start',
    async (_name, changes) => {
      const isCopy = (path: string) => !path.endsWith('.json') && !isSegment(path);
      expect(await problemsOfAll(closed, changes, isCopy)).toEqual([]);
      // One that was killed needs its marks.
      const isMark = (path: string) => path.includes('marks-');
      expect(await problemsOfAll(killed, changes, isMark)).toEqual([]);
    },
    180_000,
  );

  it('closes a topic whose description is not as it was written, and opens no other in its place', async () => {
    for (const changes of [flips, truncations]) {
      const problems = await problemsOfAll(closed, changes, isDescription);
      const isClosed = (problem: string) => problem.endsWith(': a partition is missing');
      expect(problems.filter((problem) => !isClosed(problem))).toEqual([]);
      expect(problems.length).toBeGreaterThan(100);
    }
  }, 180_000);

  it('has everything, for any one change of its identity', async () => {
    for (const changes of [flips, truncations])
      expect(await problemsOfAll(closed, changes, isIdentity)).toEqual([]);
  }, 180_000);
});

describe('the same checks', () => {
  it('do find what CRCs would not: a changed value whose CRC was made to fit', async () => {
    const [path = '', bytes = Buffer.alloc(0)] =
      [...closed.files(folder)].find(([name]) => isSegment(name)) ?? [];
    const copy = closed.copy();
    const changed = Buffer.from(bytes);
    // Not the first or last one, whose CRCs the index has.
    const batch = changed.subarray(readBatchHeader(changed)?.size);
    batch.writeUInt8(batch.readUInt8(67) ^ 1, 67);
    batch.writeUInt32BE(crc32c(batch.subarray(21, readBatchHeader(batch)?.size)), 17);
    copy.put(path, changed);
    expect(await problemsAfter(copy)).not.toEqual([]);
  });

  it('do find records that are cut off where there are no marks', async () => {
    const copy = closed.copy();
    for (const [path] of closed.files(folder))
      if (/marks-\d$/.test(path)) copy.put(path, undefined);
    const problems = await problemsOfAll(copy, truncations, isSegment);
    expect(problems).not.toEqual([]);
  }, 180_000);
});
