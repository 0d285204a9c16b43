import { DAY_MS } from '@tally/contracts';
import { AT, readBatchHeader } from '@tally/kafka-wire';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { Upkeep, type SegmentLog, type UpkeepPolicy } from '../src/index.js';
import {
  appendKeyed,
  keyedBatch,
  readKeyed,
  stateOf,
  type Keyed,
  type KeyedRecord,
} from './support/keyed-records.js';
import { Folders, makeTopic, openLog, partitionOf } from './support/log-folder.js';
import { MemoryDisk } from './support/memory-disk.js';
import { steppedDisk } from './support/stepped-disk.js';

// They end by themselves; how soon is the machine's business.
jest.setTimeout(60_000);
const folders = new Folders();
afterEach(() => folders.removeAll());

const NOW_MS = 1000;

interface Settings {
  readonly deleteRetentionMs?: number;
  readonly maxKeys?: number;
  readonly nowMs?: number;
  /** What else the policy says. */
  readonly policy?: Partial<UpkeepPolicy & { readonly kind: 'compact' }>;
}

function compactorOf(log: SegmentLog, settings: Settings = {}): Upkeep {
  const { deleteRetentionMs = DAY_MS, maxKeys = 1000, nowMs = NOW_MS } = settings;
  return new Upkeep(log, {
    policyOf: () => ({
      kind: 'compact',
      segmentMs: 7 * DAY_MS,
      deleteRetentionMs,
      ...settings.policy,
    }),
    intervalMs: 1,
    compactedSegmentBytes: 1 << 20,
    compactBytesPerSecond: 1e12,
    maxKeys,
    now: () => nowMs,
    onFatal: (error) => {
      throw error;
    },
  });
}

const short = (records: readonly KeyedRecord[]) =>
  records.map(({ offset, key, value }) => `${offset} ${key}=${value}`);

/** A log with one segment for each list of records, each record in a batch of its own, and an empty one. */
async function logOf(...segments: readonly (readonly string[])[]) {
  const log = await openLog(folders.make());
  const [partition = partitionOf(log)] = await makeTopic(log);
  for (const records of segments) {
    for (const record of records) {
      const [key = '', value = ''] = record.split('=');
      await appendKeyed(log, partition, [{ key, value: value === '' ? null : value }]);
    }
    await log.endSegment(partition);
  }
  return { log, partition };
}

describe('compaction', () => {
  it('keeps the last record of each key, at its offset, and the end of each segment', async () => {
    const { log, partition } = await logOf(['a=1', 'b=1', 'a=2'], ['b=2', 'c=1', 'a=3'], ['d=1']);
    const before = partition.highWatermark;
    await compactorOf(log).round();
    // 2: its key has a later record, but the segment ends with it.
    expect(short(await readKeyed(partition))).toEqual([
      '2 a=2',
      '3 b=2',
      '4 c=1',
      '5 a=3',
      '6 d=1',
    ]);
    expect(partition.highWatermark).toBe(before);
    await log.close();
  });

  it('leaves the segment that is being written as it is', async () => {
    const { log, partition } = await logOf(['a=1', 'b=1']);
    for (const value of ['2', '3']) await appendKeyed(log, partition, [{ key: 'a', value }]);
    await compactorOf(log).round();
    expect(short(await readKeyed(partition))).toEqual(['0 a=1', '1 b=1', '2 a=2', '3 a=3']);
    await log.close();
  });

  it('keeps what deletes a key for a while, and then removes it as well', async () => {
    const { log, partition } = await logOf(['a=1', 'b=1'], ['a='], ['c=1']);
    await compactorOf(log).round();
    expect(short(await readKeyed(partition))).toEqual(['1 b=1', '2 a=null', '3 c=1']);
    await compactorOf(log, { nowMs: NOW_MS + 2 * DAY_MS }).round();
    // 2 is the last record of its segment.
    expect(short(await readKeyed(partition))).toEqual(['1 b=1', '2 a=null', '3 c=1']);
    await log.close();

    const other = await logOf(['a=1', 'b=1'], ['a=', 'c=1']);
    await compactorOf(other.log, { nowMs: NOW_MS + 2 * DAY_MS }).round();
    expect(short(await readKeyed(other.partition))).toEqual(['1 b=1', '3 c=1']);
    await other.log.close();
  });

  it('does not bring a key back: what deletes it stays while an earlier record has to', async () => {
    const { log, partition } = await logOf(['b=1', 'a=1'], ['a=', 'c=1']);
    await compactorOf(log, { nowMs: NOW_MS + 2 * DAY_MS }).round();
    expect(short(await readKeyed(partition))).toEqual(['0 b=1', '1 a=1', '2 a=null', '3 c=1']);
    await log.close();
  });

  it('keeps batches whole that it cannot decode, with what stands right before them', async () => {
    const { log, partition } = await logOf(['a=1', 'b=1']);
    const compressed = keyedBatch([{ key: 'x', value: 'y' }]);
    compressed.writeInt16BE(2, AT.attributes);
    const stamped = { bytes: compressed, stampTime: true };
    expect(await log.append(partition, stamped)).toMatchObject({ kind: 'appended' });
    await log.endSegment(partition);
    for (const key of ['a', 'b']) await appendKeyed(log, partition, [{ key, value: '2' }]);
    await log.endSegment(partition);
    // Of an own key, in the segment of the compressed one.
    await compactorOf(log).round();
    const batch = await partition.read(2n, 1);
    if (batch.kind !== 'batches') throw new Error(batch.kind);
    expect(batch.bytes).toEqual(compressed);
    expect(readBatchHeader(batch.bytes)).toMatchObject({ baseOffset: 2n, count: 1 });
    await log.close();
  });

  it('gets further with each pass when it cannot know all keys at once', async () => {
    const keys = ['a', 'b', 'c', 'd', 'e', 'f'];
    const round = (value: number) => keys.map((key) => `${key}=${value}`);
    const { log, partition } = await logOf(round(1), round(2), [...round(3), 'z=1']);
    const upkeep = compactorOf(log, { maxKeys: 2 });
    for (let pass = 0; pass < 20; pass++) await upkeep.round();
    const left = await readKeyed(partition);
    expect(stateOf(left)).toEqual(new Map([...keys.map((key) => [key, '3'] as const), ['z', '1']]));
    // The last ones of two segments stay.
    expect(left).toHaveLength(keys.length + 1 + 2);
    await log.close();
  });
});

describe('a policy of compaction', () => {
  const DUPLICATES = ['a=1', 'a=2', 'b=1'];

  it('leaves young records, and all behind them, until they are old enough', async () => {
    const { log, partition } = await logOf(DUPLICATES);
    const policy = { minLagMs: 1000 };
    await compactorOf(log, { nowMs: NOW_MS + 1000, policy }).round();
    expect(await readKeyed(partition)).toHaveLength(3);
    await compactorOf(log, { nowMs: NOW_MS + 1001, policy }).round();
    expect(short(await readKeyed(partition))).toEqual(['1 a=2', '2 b=1']);
    await log.close();
  });

  it('looks at old records however few they are, where it says so', async () => {
    const many = Array.from({ length: 20 }, (_, at) => `key-${at}=${at}`);
    const { log, partition } = await logOf(many);
    const left = async () => (await readKeyed(partition)).length;
    const upkeep = compactorOf(log);
    await upkeep.round();
    for (const key of ['key-0', 'end']) await appendKeyed(log, partition, [{ key, value: 'x' }]);
    await log.endSegment(partition);
    await upkeep.round();
    expect(await left()).toBe(22);
    const overdue = { maxLagMs: 1000, dirtyShare: 2 };
    await compactorOf(log, { nowMs: NOW_MS + 1000, policy: overdue }).round();
    expect(await left()).toBe(22);
    await compactorOf(log, { nowMs: NOW_MS + 1001, policy: overdue }).round();
    expect(await left()).toBe(21);
    await log.close();
  });

  it('removes what is left for its age too, where it says so', async () => {
    const { log, partition } = await logOf(DUPLICATES);
    const policy = { retention: { ms: 500, bytes: undefined } };
    await compactorOf(log, { nowMs: NOW_MS + 500, policy }).round();
    expect(short(await readKeyed(partition))).toEqual(['1 a=2', '2 b=1']);
    await compactorOf(log, { nowMs: NOW_MS + 501, policy }).round();
    expect(await readKeyed(partition)).toEqual([]);
    expect(partition.logStart).toBe(3n);
    await log.close();
  });
});

describe('compaction beside appends, reads and deletions', () => {
  it('shows every reader the records that were sent, and leaves the last of each key', async () => {
    const log = await openLog(folders.make(), { segmentBytes: 700 });
    const [partition = partitionOf(log)] = await makeTopic(log);
    const upkeep = compactorOf(log);
    upkeep.start();
    const sent: Keyed[] = [];
    // Whichever fails or ends takes the other along.
    let isOver = false;
    const write = async () => {
      for (let number = 0; number < 600 && !isOver; number++) {
        const record = { key: 'abcdefg'.charAt((number * number) % 7), value: `${number}` };
        sent.push(record);
        await appendKeyed(log, partition, [record]);
        if (number % 100 === 99) await log.deleteRecordsBefore(partition, BigInt(number - 60));
      }
    };
    const read = async () => {
      while (!isOver) {
        // Reading nothing takes no time: let others go on.
        await new Promise((resolve) => setImmediate(resolve));
        for (const { offset, key, value } of await readKeyed(partition)) {
          expect({ key, value }).toEqual(sent[Number(offset)]);
        }
      }
    };
    try {
      await Promise.all([write(), read()].map((work) => work.finally(() => (isOver = true))));
    } finally {
      await upkeep.stop();
    }
    await log.endSegment(partition);
    await compactorOf(log).round();
    const left = await readKeyed(partition);
    expect(left.length).toBeLessThan(100);
    expect(stateOf(left)).toEqual(stateOf(sent.slice(Number(partition.logStart))));
    await log.close();
  });
});

const keyed = fc.record({
  key: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
  value: fc.option(fc.string({ maxLength: 20 })),
});
interface Plan {
  readonly batches: readonly (readonly Keyed[])[];
  /** The segment that is written last is complete too when it is compacted. */
  readonly endsSegment: boolean;
  readonly keepsTombstones: boolean;
  readonly maxKeys: number;
  /** Which of the unsynced pages and names survive the cuts. */
  readonly survives: fc.Stream<boolean>;
}
const plans: fc.Arbitrary<Plan> = fc.record({
  batches: fc.array(fc.array(keyed, { minLength: 1, maxLength: 4 }), {
    minLength: 4,
    maxLength: 25,
  }),
  endsSegment: fc.boolean(),
  keepsTombstones: fc.boolean(),
  maxKeys: fc.integer({ min: 1, max: 6 }),
  survives: fc.infiniteStream(fc.boolean()),
});
/** Compacts, and looks at what a power cut before any of its steps leaves. */
async function problemsOfCuts(plan: Plan, lies = false): Promise<string[]> {
  const folder = folders.make();
  const disk = MemoryDisk.holding(folder);
  const cuts: MemoryDisk[] = [];
  let isWatched = false;
  const stepped = steppedDisk(disk, () => {
    if (isWatched) cuts.push(disk.afterPowerCut(() => plan.survives.next().value ?? false));
  });
  const options = { segmentBytes: 300 };
  const first = await openLog(folder, { ...options, files: stepped });
  await makeTopic(first);
  for (const records of plan.batches) await appendKeyed(first, partitionOf(first), records);
  await first.close();
  const log = await openLog(folder, { ...options, files: stepped });
  if (plan.endsSegment) await log.endSegment(partitionOf(log));
  const settings = { deleteRetentionMs: plan.keepsTombstones ? DAY_MS : -1, maxKeys: plan.maxKeys };
  const upkeep = compactorOf(log, settings);
  isWatched = true;
  disk.lies = lies;
  for (let round = 0; round < 3; round++) await upkeep.round();
  isWatched = false;
  disk.lies = false;
  await log.close();
  cuts.push(disk.copy());

  const sent = plan.batches.flat();
  const problems: string[] = [];
  for (const [step, cut] of cuts.entries()) {
    const again = await openLog(folder, { ...options, files: cut });
    const problem = await problemOf(again, sent);
    await compactorOf(again, settings).round();
    const later = await problemOf(again, sent);
    await again.close();
    if (problem !== undefined) problems.push(`step ${step}: ${problem}`);
    if (later !== undefined) problems.push(`step ${step}, compacted again: ${later}`);
  }
  return problems;
}

async function problemOf(log: SegmentLog, sent: readonly Keyed[]): Promise<string | undefined> {
  const partition = partitionOf(log);
  if (partition.damage.length > 0) return `damage: ${partition.damage[0]?.reason}`;
  if (partition.endInDoubt !== undefined) return partition.endInDoubt;
  if (partition.highWatermark !== BigInt(sent.length))
    return `it ends at ${partition.highWatermark}`;
  const left = await readKeyed(partition);
  for (const { offset, key, value } of left) {
    const original = sent[Number(offset)];
    if (original?.key !== key || original.value !== value) return `another record at ${offset}`;
  }
  const [is, should] = [left, sent].map((records) =>
    JSON.stringify([...stateOf(records)].toSorted(([a], [b]) => (a < b ? -1 : 1))),
  );
  return is === should ? undefined : `expected ${should}, got ${is}`;
}

describe('a power cut while a topic is compacted', () => {
  it('leaves each segment as it was or compacted, and the last value of every key', async () => {
    const property = fc.asyncProperty(plans, async (plan) => {
      expect(await problemsOfCuts(plan)).toEqual([]);
    });
    await fc.assert(property, { numRuns: 30 });
  });

  it('does leave a mixture when the copy is renamed before it is on the disk', async () => {
    const batches = Array.from({ length: 20 }, (_, index) => [
      { key: 'abc'.charAt(index % 3), value: `value ${index}` },
    ]);
    let turn = 0;
    const survives = fc.sample(fc.infiniteStream(fc.nat().map(() => turn++ % 3 === 0)), 1)[0];
    if (survives === undefined) throw new Error('expected a stream');
    const plan = { batches, endsSegment: true, keepsTombstones: true, maxKeys: 6, survives };
    expect(await problemsOfCuts(plan, true)).not.toEqual([]);
  });
});
