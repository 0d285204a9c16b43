import { buildRecordBatch, readBatchHeader, readStoredRecords } from '@tally/kafka-wire';
import type { Partition, SegmentLog } from '../../src/index.js';

/** `null` deletes the key. */
export interface Keyed {
  readonly key: string;
  readonly value: string | null;
}

export interface KeyedRecord extends Keyed {
  readonly offset: bigint;
}

/** Appends one batch. */
export async function appendKeyed(
  log: SegmentLog,
  partition: Partition,
  records: readonly Keyed[],
): Promise<void> {
  const bytes = keyedBatch(records);
  const { kind } = await log.append(partition, { bytes, stampTime: true });
  if (kind !== 'appended') throw new Error(kind);
}

export function keyedBatch(records: readonly Keyed[]): Buffer {
  return buildRecordBatch(
    records.map(({ key, value }) => ({
      key: Buffer.from(key),
      value: value === null ? null : Buffer.from(value),
    })),
    1,
  );
}

/** Every record that there is, read from each next offset on, as a client does. */
export async function readKeyed(partition: Partition): Promise<KeyedRecord[]> {
  const found: KeyedRecord[] = [];
  for (let offset = partition.logStart; offset < partition.highWatermark;) {
    const outcome = await partition.read(offset, 1);
    // The records there were deleted meanwhile.
    if (outcome.kind === 'out_of_range' && offset < partition.logStart) {
      offset = partition.logStart;
      continue;
    }
    if (outcome.kind !== 'batches') throw new Error(outcome.kind);
    const header = readBatchHeader(outcome.bytes);
    if (header === undefined) throw new Error('expected a batch');
    const records = readStoredRecords(outcome.bytes) ?? [];
    const news = records.filter((record) => record.offset >= offset);
    for (const { key, value, offset: at } of news) {
      found.push({ key: String(key), value: value && String(value), offset: at });
    }
    const last = news.at(-1);
    if (last === undefined) throw new Error(`a reader at ${offset} gets nothing new`);
    offset = last.offset + 1n;
  }
  return found;
}

/** What a reader knows who has read all of it. */
export function stateOf(records: readonly Keyed[]): Map<string, string> {
  const state = new Map<string, string>();
  for (const { key, value } of records) {
    if (value === null) state.delete(key);
    else state.set(key, value);
  }
  return state;
}
