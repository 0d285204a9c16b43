import { DEFAULT_EVENT_TYPE, MINUTE_MS, readEntries, type LogRecord } from '@tally/contracts';
import {
  CatalogHistory,
  DedupWindow,
  PartitionCounter,
  readBlock,
  SeriesTable,
  ShardDelta,
} from '@tally/counting';
import { ShardMap } from '@tally/placement';
import { bestOf, cpuMs, type Figure } from './best-of.js';

const TOPIC = 'events-0123456789abcdef';
const WINDOW_MS = 10 * MINUTE_MS;
const MAX_SERIES = 200_000;
const BLOCK_BYTES = 16 * 1000;

/** What the events of a block may mean. */
export const KINDS = {
  'no dimension': {},
  '1 dimension': { dimensions: ['country'] },
  '3 dimensions': { dimensions: ['country', 'device', 'plan'] },
  'different values': { uniques: ['user'] },
  quantiles: { quantiles: true },
} as const;

/** Fingerprints as they lie in the log: the number of each, spread over 16 bytes. */
function fingerprints(from: number, count: number): Buffer {
  const bytes = Buffer.alloc(16 * count);
  for (let index = 0; index < count; index++) {
    const number = from + index;
    for (let word = 0; word < 4; word++)
      bytes.writeInt32LE(
        Math.imul(number + word * 0x9e3779b, 0x85ebca6b) | 0,
        16 * index + 4 * word,
      );
    bytes.writeUInt32LE(number, 16 * index);
  }
  return bytes;
}

function tell(window: DedupWindow, ids: Buffer, appendMs: number): void {
  for (let at = 0; at < ids.length; at += 16) window.record(ids, at, appendMs, 1);
}

/** Inserting so many ids into an empty window, then looking all of them up again. */
export async function windowFigures(ids: number, rounds: number): Promise<Figure[]> {
  const blocks = Array.from({ length: Math.ceil(ids / BLOCK_BYTES) }, (_, block) =>
    fingerprints(block * BLOCK_BYTES, Math.min(BLOCK_BYTES, ids - block * BLOCK_BYTES)),
  );
  let window = new DedupWindow(WINDOW_MS);
  const all = (one: DedupWindow) => {
    for (const block of blocks) tell(one, block, 1);
  };
  const inserted = await bestOf(
    `window of ${ids} ids, insert`,
    ids,
    rounds,
    cpuMs,
    () => (window = new DedupWindow(WINDOW_MS)),
    all,
  );
  const found = await bestOf(
    `window of ${ids} ids, duplicate`,
    ids,
    rounds,
    cpuMs,
    () => window,
    all,
  );
  if (window.size !== ids) throw new Error(`expected ${ids} ids, got ${window.size}`);
  return [{ ...inserted, note: `${(window.bytes / ids).toFixed(1)} bytes an id` }, found];
}

/** Reading where the events of blocks lie, without what is in them. */
export function decodeFigure(records: readonly LogRecord[], rounds: number): Promise<Figure> {
  const events = eventsOf(records);
  return bestOf(
    'decode',
    events,
    rounds,
    cpuMs,
    () => records,
    (all) => {
      for (const record of all) {
        const { block } = readBlock(record);
        if (block.kind !== 'block' || readEntries(block.body, block.count).kind !== 'entries')
          throw new Error('expected a block');
      }
    },
  );
}

/** All records counted into what one shard gets: window, scan, sums. */
export function countInto(records: readonly LogRecord[], kind: keyof typeof KINDS): ShardDelta {
  const shardMap = ShardMap.even(1);
  const series = new SeriesTable(shardMap, MAX_SERIES);
  const definition = { ...DEFAULT_EVENT_TYPE, ...KINDS[kind] };
  const rules = { shardMap, series, definition: () => definition, catalog: new CatalogHistory() };
  const counter = new PartitionCounter(0, WINDOW_MS, new Map(), rules);
  const delta = new ShardDelta(TOPIC, series);
  const takers = { deltas: new Map([[0, delta]]), absent: new Set<number>() };
  for (const record of records) counter.count(readBlock(record), takers);
  return delta;
}

export async function countFigure(
  records: readonly LogRecord[],
  kind: keyof typeof KINDS,
  rounds: number,
): Promise<Figure> {
  let rows = 0;
  const figure = await bestOf(
    `count, ${kind}`,
    eventsOf(records),
    rounds,
    cpuMs,
    () => records,
    (all) => void (rows = countInto(all, kind).rows),
  );
  return { ...figure, note: `${rows} rows` };
}

/** Making the message of a flush: per row. */
export async function encodeFigure(
  records: readonly LogRecord[],
  kind: keyof typeof KINDS,
  rounds: number,
): Promise<Figure> {
  const delta = countInto(records, kind);
  return bestOf(
    `encode a flush, ${kind} (a row)`,
    delta.rows,
    rounds,
    cpuMs,
    () => delta,
    (one) => void one.toMessage(),
  );
}

function eventsOf(records: readonly LogRecord[]): number {
  return records.reduce((sum, record) => {
    const { block } = readBlock(record);
    return sum + (block.kind === 'block' ? block.count : 0);
  }, 0);
}
