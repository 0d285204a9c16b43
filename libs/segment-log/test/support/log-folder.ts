import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildRecordBatch, readBatchHeader, readRecords } from '@tally/kafka-wire';
import { SegmentLog, type Partition, type SegmentLogOptions } from '../../src/index.js';

/** Folders that a test made, gone when it ends. */
export class Folders {
  private readonly made: string[] = [];

  make(): string {
    const folder = mkdtempSync(join(tmpdir(), 'tally-segment-log-'));
    this.made.push(folder);
    return folder;
  }

  /** A copy, as after a kill: nobody holds its lock. */
  copy(folder: string): string {
    const copy = this.make();
    cpSync(folder, copy, { recursive: true });
    return copy;
  }

  removeAll(): void {
    for (const folder of this.made.splice(0)) rmSync(folder, { recursive: true, force: true });
  }
}

export function openLog(
  folder: string,
  options: Partial<SegmentLogOptions> = {},
): Promise<SegmentLog> {
  return SegmentLog.open({
    folder,
    segmentBytes: 1 << 20,
    maxRoundBytes: 1 << 20,
    maxQueuedBytes: 1 << 26,
    // Never while a test runs: marks are written when the log is opened and closed, and a topic made.
    markIntervalMs: 1 << 30,
    now: () => 1000,
    onFatal: (error) => {
      throw error;
    },
    ...options,
  });
}

export async function makeTopic(log: SegmentLog, name = 't', partitions = 1): Promise<Partition[]> {
  const outcome = await log.createTopic({ name, partitions, configs: {} });
  if (outcome.kind !== 'created') throw new Error(outcome.kind);
  return [...outcome.topic.partitions];
}

export function partitionOf(log: SegmentLog, name = 't', number = 0): Partition {
  const partition = log.topic(name)?.partitions[number];
  if (partition === undefined) throw new Error(`no partition ${number} of ${name}`);
  return partition;
}

export function batchOf(...values: string[]): Buffer {
  return buildRecordBatch(
    values.map((value) => ({ key: null, value: Buffer.from(value) })),
    1,
  );
}

/** Appends one batch; resolves with how that ended. */
export function append(log: SegmentLog, partition: Partition, ...values: string[]) {
  return log.append(partition, { bytes: batchOf(...values), stampTime: true });
}

export interface StoredRecord {
  readonly offset: bigint;
  readonly value: string;
}

/** Every record from `from` to the end. */
export async function readAll(
  partition: Partition,
  from = partition.logStart,
  maxBytes = 500,
): Promise<StoredRecord[]> {
  const records: StoredRecord[] = [];
  for (let offset = from; offset < partition.highWatermark;) {
    const outcome = await partition.read(offset, maxBytes);
    if (outcome.kind !== 'batches') throw new Error(outcome.kind);
    for (let at = 0; at < outcome.bytes.length;) {
      const header = readBatchHeader(outcome.bytes, at);
      if (header === undefined) throw new Error('expected a batch');
      const batch = outcome.bytes.subarray(at, at + header.size);
      for (const [index, { value }] of readRecords(batch).entries()) {
        records.push({ offset: header.baseOffset + BigInt(index), value: String(value) });
      }
      at += header.size;
      offset = header.baseOffset + BigInt(header.count);
    }
  }
  return records.filter(({ offset }) => offset >= from);
}
