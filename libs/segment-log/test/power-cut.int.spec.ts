import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { segmentFileName, type SegmentLog } from '../src/index.js';
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
import { problemsOf } from './support/verdict.js';

const folders = new Folders();
afterEach(() => folders.removeAll());

const PARTITIONS = 2;
const plans = fc.record({
  /** Of one life of the log each; power fails in all of them. */
  lives: fc.array(
    fc.record({
      appends: fc.array(
        fc.record({
          partition: fc.integer({ min: 0, max: PARTITIONS - 1 }),
          length: fc.integer({ min: 0, max: 100 }),
          /** The next ones begin when this one is acknowledged. */
          wait: fc.boolean(),
        }),
        { maxLength: 12 },
      ),
      /** Changes of the disk until the power fails; with fewer, it fails at the end. */
      cutAfter: fc.integer({ min: 1, max: 20 }),
      /** Marks are written now and then. */
      mark: fc.boolean(),
    }),
    { minLength: 1, maxLength: 4 },
  ),
  seed: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
});
type Plan = typeof plans extends fc.Arbitrary<infer P> ? P : never;

interface Protections {
  readonly syncs: boolean;
  readonly marks: boolean;
}

/**
 * Lives of a log that each end with a power cut, which keeps any part of what was not synced. What
 * was acknowledged in one of them has to be there in all that follow.
 */
async function problemsIn({ lives, seed }: Plan, { syncs, marks }: Protections): Promise<string[]> {
  const folder = folders.make();
  let disk = MemoryDisk.holding(folder);
  const first = await openLog(folder, { files: disk });
  await makeTopic(first, 't', PARTITIONS);
  await first.close();
  const chance = chances(seed);
  const acknowledged: StoredRecord[][] = Array.from({ length: PARTITIONS }, () => []);
  const sent: StoredRecord[][] = Array.from({ length: PARTITIONS }, () => []);
  const problems: string[] = [];
  for (const [life, { appends, cutAfter, mark }] of [...lives, NO_LIFE].entries()) {
    let log: SegmentLog;
    try {
      const markIntervalMs = mark ? 1 : 1 << 30;
      const onFatal = (error: unknown) => void problems.push(String(error));
      log = await openLog(folder, { files: disk, segmentBytes: 500, markIntervalMs, onFatal });
    } catch (error) {
      return [...problems, String(error)];
    }
    problems.push(...(await problemsOf(log, 't', acknowledged, sent)));
    // A power cut damages nothing that was durable.
    problems.push(...log.damage().map(({ reason }) => reason));
    disk.lies = !syncs;
    let changes = 0;
    let after: MemoryDisk | undefined;
    const cut = () => {
      if (after !== undefined) return;
      disk.onChange = () => undefined;
      after = disk.afterPowerCut(chance);
      // Acknowledged later than that: nobody was told.
      for (const [number, partition] of pending.entries()) {
        acknowledged[number]?.push(...partition);
      }
    };
    const pending: StoredRecord[][] = Array.from({ length: PARTITIONS }, () => []);
    const running: Promise<void>[] = [];
    // In the middle of a round, of a new segment, of the end.
    disk.onChange = () => {
      if (++changes === cutAfter) cut();
    };
    for (const [index, { partition, length, wait }] of appends.entries()) {
      const value = `${life}.${index} ${'x'.repeat(length)}`;
      sent[partition]?.push({ offset: 0n, value });
      const one = append(log, partitionOf(log, 't', partition), value).then((outcome) => {
        if (outcome.kind !== 'appended') return void problems.push(outcome.kind);
        if (after === undefined) pending[partition]?.push({ offset: outcome.baseOffset, value });
      });
      running.push(one);
      if (wait) await one;
    }
    await Promise.all(running);
    await log.close();
    cut();
    if (after !== undefined) disk = after;
    if (!marks) for (const name of ['marks-0', 'marks-1']) disk.put(join(folder, name));
  }
  return problems;
}

const NO_LIFE = { appends: [], cutAfter: Infinity, mark: false };

/** Yes or no, the same for the same seed. */
function chances(seed: number): () => boolean {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state & 64) === 0;
  };
}

describe('power cuts that keep any part of what was not synced', () => {
  it('take no record that was acknowledged, damage nothing and let the log open', async () => {
    const property = fc.asyncProperty(plans, async (plan) => {
      expect(await problemsIn(plan, { syncs: true, marks: true })).toEqual([]);
    });
    await fc.assert(property, { numRuns: 300, verbose: 1 });
  }, 30_000);

  it.each<[string, Protections]>([
    ['take some where acknowledgements do not wait for the disk', { syncs: false, marks: true }],
    ['look like damage where there are no marks', { syncs: true, marks: false }],
  ])(
    'do %s',
    async (_name, protections) => {
      const property = fc.asyncProperty(plans, async (plan) => {
        expect(await problemsIn(plan, protections)).toEqual([]);
      });
      await expect(fc.assert(property, { numRuns: 3000, endOnFailure: true })).rejects.toThrow(
        'Property failed',
      );
    },
    30_000,
  );
});

describe('a sync that failed', () => {
  it('is not believed by the next start: what is served then is on the disk', async () => {
    const folder = folders.make();
    const disk = MemoryDisk.holding(folder);
    const log = await openLog(folder, { files: disk, onFatal: () => undefined });
    const [partition = partitionOf(log)] = await makeTopic(log);
    await append(log, partition, 'a'.repeat(100));
    disk.failsNextSyncOf = join(folder, 'topics/t/0', segmentFileName(0n));
    expect(await append(log, partition, 'b'.repeat(100))).toEqual({ kind: 'failed' });
    await log.close();

    const again = await openLog(folder, { files: disk });
    expect(await append(again, partitionOf(again), 'c')).toMatchObject({ kind: 'appended' });
    const served = await readAll(partitionOf(again));
    expect(served.map(({ value }) => value[0])).toEqual(['a', 'b', 'c']);
    // Nothing that was not synced survives.
    const survived = disk.afterPowerCut(() => false);
    await again.close();
    const after = await openLog(folder, { files: survived });
    expect(await readAll(partitionOf(after))).toEqual(served);
    expect(after.damage()).toEqual([]);
    await after.close();
  });
});
