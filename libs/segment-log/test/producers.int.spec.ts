import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { buildRecordBatch, type Sequence } from '@tally/kafka-wire';
import type { Partition, SegmentLog } from '../src/index.js';
import { Folders, makeTopic, openLog, partitionOf } from './support/log-folder.js';

const folders = new Folders();
afterEach(() => folders.removeAll());

const SMALL_SEGMENTS = { segmentBytes: 4096 };
/** A kilobyte, so that a few fill a segment. */
const VALUE = Buffer.alloc(1000, 'x');

function send(
  log: SegmentLog,
  partition: Partition,
  sequence: Partial<Sequence>,
  stampTime = true,
) {
  const all = { producerId: 5n, producerEpoch: 0, baseSequence: 0, ...sequence };
  const bytes = buildRecordBatch([{ key: null, value: VALUE }], 1, all);
  return log.append(partition, { bytes, stampTime });
}

/** What a log says to batches that come again, and to one that comes too early. */
async function answers(log: SegmentLog, last: number) {
  const partition = partitionOf(log);
  const outcomes = [];
  for (const baseSequence of [last - 1, last, last + 2]) {
    outcomes.push(await send(log, partition, { baseSequence }));
  }
  return outcomes;
}

const asBefore = (last: number) => [
  { kind: 'duplicate', baseOffset: BigInt(last - 1), appendTimeMs: 1000 },
  { kind: 'duplicate', baseOffset: BigInt(last), appendTimeMs: 1000 },
  { kind: 'out_of_order' },
];

async function logWith(count: number) {
  const folder = folders.make();
  const log = await openLog(folder, SMALL_SEGMENTS);
  const [partition] = await makeTopic(log);
  for (let baseSequence = 0; baseSequence < count; baseSequence++) {
    expect(await send(log, partition ?? partitionOf(log), { baseSequence })).toMatchObject({
      kind: 'appended',
      baseOffset: BigInt(baseSequence),
    });
  }
  return { folder, log };
}

const note = (folder: string) => join(folder, 'topics/t/0/producers');

describe('a log', () => {
  it('appends batches of one round once, also when they come twice in it', async () => {
    const { log } = await logWith(0);
    const partition = partitionOf(log);
    const outcomes = await Promise.all(
      [0, 0, 1, 3, 2].map((baseSequence) => send(log, partition, { baseSequence })),
    );
    expect(outcomes).toMatchObject([
      { kind: 'appended', baseOffset: 0n },
      { kind: 'duplicate', baseOffset: 0n },
      { kind: 'appended', baseOffset: 1n },
      { kind: 'out_of_order' },
      { kind: 'appended', baseOffset: 2n },
    ]);
    expect(partition.highWatermark).toBe(3n);
    await log.close();
  });

  it('knows producers after it was closed, from the note that it left', async () => {
    const { folder, log } = await logWith(9);
    await log.close();
    expect(readFileSync(note(folder), 'utf8')).toMatch(/^1 9 /);
    const again = await openLog(folder, SMALL_SEGMENTS);
    expect(await answers(again, 8)).toEqual(asBefore(8));
    expect(await send(again, partitionOf(again), { baseSequence: 9 })).toMatchObject({
      kind: 'appended',
    });
    await again.close();
  });

  it('knows them after it was killed, from the note of the last sealed segment and the batches behind it', async () => {
    const { folder, log } = await logWith(9);
    const killed = folders.copy(folder);
    const [, offset] = readFileSync(note(killed), 'utf8').split(' ');
    expect(Number(offset)).toBeGreaterThan(0);
    expect(Number(offset)).toBeLessThan(9);
    const again = await openLog(killed, SMALL_SEGMENTS);
    expect(await answers(again, 8)).toEqual(asBefore(8));
    await again.close();
    await log.close();
  });

  it.each<[string, (path: string) => void]>([
    ['is lost', (path) => rmSync(path)],
    ['is empty', (path) => writeFileSync(path, '')],
    ['has one digit changed', (path) => writeFileSync(path, flip(readFileSync(path, 'utf8')))],
    ['is of another format', (path) => writeFileSync(path, '2 0 00000000\n')],
  ])('knows them from the batches alone when the note %s', async (_name, damage) => {
    const { folder, log } = await logWith(9);
    await log.close();
    damage(note(folder));
    const again = await openLog(folder, SMALL_SEGMENTS);
    expect(await answers(again, 8)).toEqual(asBefore(8));
    await again.close();
  });

  it('does not believe a note of batches that it does not have', async () => {
    const { folder, log } = await logWith(9);
    await log.close();
    const files = readdirSync(join(folder, 'topics/t/0')).filter((name) => name.endsWith('.log'));
    writeFileSync(join(folder, 'topics/t/0', files.toSorted().at(-1) ?? ''), '');
    // Else it would take no appends: they say that it had more.
    for (const name of ['marks-0', 'marks-1']) rmSync(join(folder, name));
    const again = await openLog(folder, SMALL_SEGMENTS);
    const partition = partitionOf(again);
    expect(partition.highWatermark).toBeLessThan(9n);
    expect(await send(again, partition, { baseSequence: 8 })).toMatchObject({ kind: 'appended' });
    await again.close();
  });

  it('gives no producer id twice, however it stops, and also when it forgets which it gave', async () => {
    const folder = folders.make();
    const given = new Set<bigint>();
    let count = 0;
    const take = async (log: SegmentLog, many: number) => {
      const ids = await Promise.all(Array.from({ length: many }, () => log.newProducerId()));
      for (const id of ids) given.add(id ?? -1n);
      count += many;
    };
    const first = await openLog(folder, { now: () => 1000 });
    await take(first, 2500);
    const killed = folders.copy(folder);
    await first.close();
    const second = await openLog(killed, { now: () => 1000 });
    await take(second, 10);
    await second.close();
    rmSync(join(killed, 'producer-ids'));
    const third = await openLog(killed, { now: () => 60_000 });
    await take(third, 10);
    await third.close();
    expect(given.size).toBe(count);
  });
});

/** Another last digit. */
function flip(text: string): string {
  const digit = Number(text.at(-2));
  return `${text.slice(0, -2)}${(digit + 1) % 10}\n`;
}
