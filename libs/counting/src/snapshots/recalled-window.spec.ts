import { serialize } from 'node:v8';
import { describe, expect, it } from '@jest/globals';
import { crc32c } from '@node-rs/crc32';
import fc from 'fast-check';
import { blockOf, event, rules, TOPIC, WINDOW_MS } from '../../test/support/counted-blocks.js';
import { readBlock, type BlockRecord } from '../aggregate/block-record.js';
import type { RecordCounts } from '../aggregate/partition-counter.js';
import { PartitionReading } from '../run/partition-reading.js';
import { UnknownMeanings } from '../dead-events/unknown-meanings.js';
import type { RunAction } from '../run/run-action.js';
import { WindowMemory } from '../run/window-memory.js';
import { GenerationFiles, generationFileName } from './generation-files.js';
import { readGeneration } from './window-generation.js';

const PARTITION = 5;
const PLENTY_BYTES = 1 << 20;

/** Files of generations, by name. */
type Disk = Map<string, Buffer>;

interface StartOptions {
  readonly log: readonly BlockRecord[];
  readonly start: number;
  /** undefined: no generations are kept. */
  readonly disk?: Disk;
  readonly batch?: number;
  readonly maxWindowBytes?: number;
}

/** A reading that has come to the end of the log. */
function begin({ log, start, disk, batch = 3, maxWindowBytes = PLENTY_BYTES }: StartOptions) {
  const actions: RunAction[] = [];
  const fates: RecordCounts[] = [];
  const files = new GenerationFiles(TOPIC, WINDOW_MS);
  for (const name of disk?.keys() ?? []) files.add(name);
  const reading = new PartitionReading({
    partition: PARTITION,
    start: BigInt(start),
    low: 0n,
    isLossAccepted: false,
    topic: { name: TOPIC, partitions: 16, dedupWindowMs: WINDOW_MS },
    keepsGenerations: disk !== undefined,
    covered: new Map(),
    rules: rules(),
    takers: { deltas: new Map(), absent: new Set() },
    onCounted: ({ counts }) => fates.push(counts),
    hasRoom: () => true,
    memory: new WindowMemory(maxWindowBytes),
    knowsVersion: () => true,
    reachesCatalog: () => true,
    unknownMeanings: new UnknownMeanings(0),
    elapsedMs: () => 0,
    emit: (action) => actions.push(action),
  });
  const find = (from: bigint, to: bigint) => {
    for (const file of files.holding(PARTITION, from, to)) {
      const read = readGeneration(disk?.get(file.name) ?? Buffer.alloc(0), TOPIC, file);
      if (read.kind === 'generation') return read;
    }
    return undefined;
  };
  let at = log.length;
  let readBack = 0;
  let windowAtStart: Buffer | undefined;
  for (;;) {
    reading.ask();
    const action = actions.shift();
    if (action?.kind === 'read-from') at = Number(action.offset);
    if (action?.kind === 'ask-offset-at') {
      const found = log.findIndex(({ timestampMs }) => timestampMs >= action.timestampMs);
      reading.onOffsetAt(BigInt(found === -1 ? log.length : found));
    }
    if (action?.kind === 'read-generation') {
      at = log.length;
      reading.onGeneration(find(action.from, action.to));
    }
    if (action?.kind === 'write-generation')
      disk?.set(generationFileName(TOPIC, action.generation), action.generation.bytes);
    if (action !== undefined) continue;
    if (reading.position === BigInt(start)) windowAtStart ??= windowOf(reading);
    if (at >= log.length || BigInt(at) !== reading.awaited) break;
    const to = Math.min(log.length, at < start ? Math.min(at + batch, start) : at + batch);
    const records = log.slice(at, to);
    const before = at;
    at = to;
    reading.onRecords(records);
    if (before < start) readBack += Number(reading.awaited) - before;
  }
  return { fates, readBack, windowAtStart, awaited: reading.awaited };
}

/** All of it. */
function windowOf(reading: PartitionReading): Buffer {
  const state = reading['state'];
  if (state.kind !== 'counting') throw new Error(`expected it to count, it is ${state.kind}`);
  return serialize(state.counter['window']);
}

const step = fc.record({
  laterMs: fc.oneof(
    { weight: 8, arbitrary: fc.nat(60) },
    fc.constantFrom(0, 99, WINDOW_MS - 1, WINDOW_MS, WINDOW_MS + 1),
  ),
  ids: fc.array(fc.nat(30), { maxLength: 4 }),
  isVoid: fc.boolean(),
  isForeign: fc.boolean(),
});
const logs = fc.array(step, { minLength: 30, maxLength: 120, size: 'max' }).map((steps) => {
  let atMs = 50_000;
  return steps.map(({ laterMs, ids, isVoid, isForeign }, offset): BlockRecord => {
    atMs += laterMs;
    const events = ids.map((id) => event(`e${id}`, { subject: `video-${id % 3}` }));
    const value =
      isForeign && offset % 5 === 0
        ? Buffer.from('not a block')
        : blockOf(events, isVoid && offset % 3 === 0 ? atMs - 10 * WINDOW_MS : undefined);
    return readBlock({ offset: BigInt(offset), timestampMs: atMs, value });
  });
});
/** Where runs of before began. */
const starts = fc.array(fc.nat(100), { minLength: 1, maxLength: 3 });

const placeIn = (log: readonly unknown[], percent: number) =>
  Math.floor((percent * log.length) / 100);

/** What became of a file, by a number. */
function spoil(disk: Disk, whims: readonly number[]): void {
  const names = [...disk.keys()];
  for (const [index, name] of names.entries()) {
    const bytes = disk.get(name) ?? Buffer.alloc(0);
    const whim = whims[index % whims.length] ?? 0;
    if (whim === 1) disk.delete(name);
    if (whim === 2) disk.set(name, bytes.subarray(0, bytes.length >> 1));
    if (whim === 3) disk.set(name, flipped(bytes, index));
    if (whim === 4) disk.set(name, disk.get(names.at(index - 1) ?? name) ?? bytes);
    if (whim === 5) disk.set(name, Buffer.alloc(0));
  }
}

function flipped(bytes: Buffer, at: number): Buffer {
  const other = Buffer.from(bytes);
  other[(at * 37) % other.length] = 0x5a ^ (other[(at * 37) % other.length] ?? 0);
  return other;
}

describe('a dedup window of generations', () => {
  it('is that of the log, to the bit, whatever became of the files', () => {
    let wasRead = 0;
    let isRead = 0;
    fc.assert(
      fc.property(
        logs,
        starts,
        fc.nat(100),
        fc.array(fc.nat(20), { minLength: 5, maxLength: 20 }),
        fc.constantFrom(1, 3, 50),
        (log, before, now, whims, batch) => {
          const disk: Disk = new Map();
          for (const percent of [0, ...before]) begin({ log, start: placeIn(log, percent), disk });
          spoil(disk, whims);
          const start = placeIn(log, now);
          const byLog = begin({ log, start, batch });
          const byFiles = begin({ log, start, batch, disk });
          expect(byFiles.fates).toEqual(byLog.fates);
          expect(byFiles.windowAtStart?.equals(byLog.windowAtStart ?? Buffer.of())).toBe(true);
          wasRead += byLog.readBack;
          isRead += byFiles.readBack;
        },
      ),
      { numRuns: 150 },
    );
    expect(isRead).toBeLessThan(wasRead * 0.8);
  });

  const quiet = (ids: readonly string[]) =>
    ids.map((id, offset) =>
      readBlock({
        offset: BigInt(offset),
        timestampMs: 5000 + offset * 40,
        value: blockOf([event(id)]),
      }),
    );
  const log = quiet(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'c', 'e', 'h']);

  it('waits for memory as that of the log does: what may not fit is read from there', () => {
    const disk: Disk = new Map();
    begin({ log, start: 0, disk });
    const { readBack } = begin({ log, start: 7, disk });
    expect(readBack).toBeLessThan(4);
    const maxWindowBytes = 4 * 40;
    const waiting = begin({ log, start: 7, maxWindowBytes });
    expect(waiting.awaited).toBe(4n);
    expect(begin({ log, start: 7, disk, maxWindowBytes }).awaited).toBe(4n);
  });

  it('is another where a file was changed and nobody sees it (control)', () => {
    const disk: Disk = new Map();
    begin({ log, start: 0, disk });
    const byFiles = begin({ log, start: 7, disk });
    for (const [name, bytes] of disk) {
      const forged = Buffer.from(bytes);
      const end = forged.length - 4;
      // In the fingerprint of the last event.
      forged[end - 5] = 0x5a ^ (forged[end - 5] ?? 0);
      forged.writeUInt32BE(crc32c(forged.subarray(0, end)), end);
      disk.set(name, forged);
    }
    const forged = begin({ log, start: 7, disk });
    expect(forged.readBack).toBe(byFiles.readBack);
    expect(forged.fates).not.toEqual(byFiles.fates);
  });
});
