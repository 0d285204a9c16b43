import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { generationFileName, sealGeneration, type ClosedGeneration } from '@tally/counting';
import type { Logger } from '@tally/service-kit';
import { Registry } from 'prom-client';
import { processorMetrics } from '../metrics.js';
import { FolderStore } from './folder-store.js';
import type { GenerationStore } from './generation-store.js';
import { WindowGenerations } from './window-generations.js';

const TOPIC = { name: 'events-0123456789abcdef', partitions: 16, dedupWindowMs: 1000 };
const OTHER_TOPIC = 'events-0123456789abcdee';
const HEADER_BYTES = 49;

/** Of records without events, all appended at `lastMs`. */
function generationOf(
  first: number,
  end: number,
  lastMs = 0,
  topic = TOPIC.name,
): ClosedGeneration {
  const records = end - first;
  const bytes = Buffer.alloc(HEADER_BYTES + 12 * records + 4);
  for (let record = 0; record < records; record++)
    bytes.writeBigUInt64BE(BigInt(lastMs), HEADER_BYTES + 12 * record);
  const what = { topic, partition: 3, first: BigInt(first), records, events: 0 };
  const sealed = sealGeneration(bytes, bytes.length - 4, what);
  return { partition: 3, first: BigInt(first), end: BigInt(end), lastMs, bytes: sealed };
}

const nameOf = (generation: ClosedGeneration, topic = TOPIC.name) =>
  generationFileName(topic, generation);

describe('generations in a folder', () => {
  let dir: string;
  let folder: string;
  let logged: string[];
  let registry: Registry;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'tally-generations-'));
    folder = join(dir, 'folder');
    logged = [];
    registry = new Registry();
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  const say = (_: unknown, text?: string) => void logged.push(text ?? String(_));
  const logger = { debug: say, info: say, warn: say, error: say } as unknown as Logger;
  const methodsOf = (store: GenerationStore): GenerationStore => ({
    list: () => store.list(),
    read: (name) => store.read(name),
    write: (name, bytes) => store.write(name, bytes),
    remove: (name) => store.remove(name),
  });
  const open = (store: GenerationStore = new FolderStore(folder), readWithinMs = 60_000) => {
    registry.clear();
    const metrics = processorMetrics(registry);
    const generations = new WindowGenerations({
      store,
      topic: TOPIC,
      logger,
      metrics,
      readWithinMs,
    });
    generations.refresh();
    return generations;
  };
  const outcome = async (name: string) => {
    const metric = await registry.getSingleMetric('tally_processor_generations_total')?.get();
    return metric?.values.find(({ labels }) => labels['outcome'] === name)?.value ?? 0;
  };
  const written = async (...all: readonly ClosedGeneration[]) => {
    const generations = open();
    await generations.read(3, 0n, 0n);
    for (const generation of all) generations.write(generation);
    await generations.settled();
    return generations;
  };

  it('are found by whoever comes next', async () => {
    const first = generationOf(5, 9, 100);
    await written(first, generationOf(9, 12, 200));
    const generations = open();
    expect(await generations.read(3, 6n, 20n)).toMatchObject({ first: 5n, end: 9n });
    expect(await generations.read(3, 9n, 12n)).toMatchObject({ first: 9n, end: 12n });
    expect(await generations.read(3, 9n, 11n)).toBeUndefined();
    expect(await generations.read(4, 6n, 20n)).toBeUndefined();
    expect(await outcome('recalled')).toBe(2);
    expect(logged).toEqual([]);
  });

  it('are written once', async () => {
    const generations = await written(generationOf(5, 9));
    generations.write(generationOf(5, 9));
    await generations.settled();
    expect(await outcome('written')).toBe(1);
    expect(readdirSync(folder)).toEqual([nameOf(generationOf(5, 9))]);
  });

  it('that are damaged are removed, and the next best is taken', async () => {
    const [long, short] = [generationOf(5, 12), generationOf(5, 9)];
    await written(long, short);
    writeFileSync(join(folder, nameOf(long)), long.bytes.fill(1, 60, 61));
    expect(await open().read(3, 5n, 20n)).toMatchObject({ end: 9n });
    expect(readdirSync(folder)).toEqual([nameOf(short)]);
    expect(await outcome('damaged')).toBe(1);
    expect(logged).toEqual(['a generation of a dedup window is damaged']);
  });

  it('go when no window needs them, and those of other topics, and nothing else', async () => {
    mkdirSync(folder);
    const other = nameOf(generationOf(5, 9), OTHER_TOPIC);
    const [fresh, stale] = ['0123abcd.new', '4567abcd.new'].map(
      (end) => `${nameOf(generationOf(1, 2))}.${end}`,
    );
    const foreign = ['notes.txt', `${other}.bak`, 'a.0123abcd.new', fresh ?? ''];
    for (const name of [...foreign, other, stale ?? '']) writeFileSync(join(folder, name), '');
    for (const name of [stale ?? '', 'a.0123abcd.new']) utimesSync(join(folder, name), 0, 0);
    const [old, next, newest] = [
      generationOf(5, 9, 999),
      generationOf(9, 12, 1000),
      generationOf(12, 20, 3000),
    ];
    await written(old, next, newest);
    expect(readdirSync(folder).sort()).toEqual([...foreign, nameOf(next), nameOf(newest)].sort());
  });

  it('are missed, and said to be, where there can be no folder; and are kept when there is one again', async () => {
    writeFileSync(folder, 'a file');
    const generations = await written(generationOf(5, 9), generationOf(9, 12));
    expect(await generations.read(3, 5n, 20n)).toBeUndefined();
    expect(await outcome('failed')).toBeGreaterThan(2);
    expect(logged).toHaveLength(1);
    rmSync(folder);
    generations.refresh();
    generations.write(generationOf(5, 9));
    await generations.settled();
    expect(logged).toHaveLength(2);
    expect(await generations.read(3, 5n, 20n)).toMatchObject({ end: 9n });
  });

  it('are none of a disk that fails in the middle of them', async () => {
    const store = new FolderStore(folder);
    const failing: GenerationStore = {
      ...methodsOf(store),
      read: () => Promise.reject(Object.assign(new Error('EIO: i/o error'), { code: 'EIO' })),
      write: () => Promise.reject(Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' })),
    };
    await written(generationOf(5, 9));
    const generations = open(failing);
    expect(await generations.read(3, 5n, 20n)).toBeUndefined();
    generations.write(generationOf(9, 12));
    await generations.settled();
    expect(await outcome('failed')).toBe(2);
    expect(readdirSync(folder)).toHaveLength(1);
  });

  it('are read one at a time, the next of the same partition first', async () => {
    await written(generationOf(0, 5), generationOf(5, 9), generationOf(9, 12));
    const store = new FolderStore(folder);
    let [under, most] = [0, 0];
    const read = async (name: string) => {
      most = Math.max(most, (under += 1));
      const bytes = await store.read(name);
      under -= 1;
      return bytes;
    };
    const generations = open({ ...methodsOf(store), read });
    const ends: bigint[] = [];
    const tellFrom = async (from: bigint): Promise<void> => {
      const found = await generations.read(3, from, 20n);
      if (found === undefined) return;
      ends.push(found.end);
      return tellFrom(found.end);
    };
    await Promise.all([tellFrom(0n), tellFrom(1n)]);
    expect(most).toBe(1);
    expect(ends).toEqual([5n, 9n, 12n, 5n, 9n, 12n]);
  });

  it('are not waited for where the store hangs, until the next run', async () => {
    await written(generationOf(5, 9));
    const store = new FolderStore(folder);
    let [asked, hangs] = [0, true];
    const read = (name: string) => {
      asked += 1;
      return hangs ? new Promise<undefined>(() => undefined) : store.read(name);
    };
    const generations = open({ ...methodsOf(store), read }, 2000);
    expect(await generations.read(4, 5n, 20n)).toBeUndefined();
    const found = await Promise.all([1, 2, 3].map(() => generations.read(3, 5n, 20n)));
    expect(found).toEqual([undefined, undefined, undefined]);
    expect(asked).toBe(1);
    hangs = false;
    expect(await generations.read(3, 5n, 20n)).toBeUndefined();
    generations.refresh();
    expect(await generations.read(3, 5n, 20n)).toMatchObject({ end: 9n });
  });

  it('are dropped, and not held, where the disk is too slow for them', async () => {
    const writing: (() => void)[] = [];
    const slow: GenerationStore = {
      list: async () => [],
      read: async () => undefined,
      write: () => new Promise((resolve) => writing.push(resolve)),
      remove: async () => undefined,
    };
    const generations = open(slow);
    const large = { ...generationOf(5, 9), bytes: Buffer.alloc(30 << 20) };
    for (let end = 9; end < 13; end++) generations.write({ ...large, end: BigInt(end) });
    expect(await outcome('dropped')).toBe(2);
  });
});
