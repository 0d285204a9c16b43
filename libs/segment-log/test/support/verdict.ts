import { readBatchHeader, readRecords } from '@tally/kafka-wire';
import type { Partition, SegmentLog } from '../../src/index.js';
import type { StoredRecord } from './log-folder.js';

/** All that a log says of a partition: what can be read, and what it names as damaged. */
export interface Contents {
  readonly records: ReadonlyMap<bigint, string>;
  readonly damaged: readonly { readonly offset: bigint; readonly endOffset: bigint }[];
}

/** Reads everything from start to end; behind a range that the log names as damaged it goes on. */
export async function contentsOf(partition: Partition): Promise<Contents> {
  const records = new Map<bigint, string>();
  for (let offset = partition.logStart; offset < partition.highWatermark;) {
    const outcome = await partition.read(offset, 200);
    if (outcome.kind === 'damaged') {
      offset = outcome.range.endOffset;
      continue;
    }
    if (outcome.kind !== 'batches') throw new Error(`${outcome.kind} at ${offset}`);
    const { bytes } = outcome;
    for (let at = 0; at < bytes.length;) {
      const header = readBatchHeader(bytes, at);
      if (header === undefined) throw new Error('expected a batch');
      for (const [index, { value }] of readRecords(
        bytes.subarray(at, at + header.size),
      ).entries()) {
        records.set(header.baseOffset + BigInt(index), String(value));
      }
      at += header.size;
      offset = header.baseOffset + BigInt(header.count);
    }
  }
  return { records, damaged: partition.damage };
}

/**
 * What is wrong with a log that has acknowledged these records: missing or changed without being
 * named, or invented. `mayHave`: records that were sent and perhaps not acknowledged.
 */
export async function problemsOf(
  log: SegmentLog,
  topic: string,
  acknowledged: readonly (readonly StoredRecord[])[],
  mayHave: readonly (readonly StoredRecord[])[] = acknowledged,
): Promise<string[]> {
  const problems: string[] = [];
  for (const [number, known] of acknowledged.entries()) {
    const partition = log.topic(topic)?.partitions[number];
    if (partition === undefined) return ['a partition is missing'];
    const { records, damaged } = await contentsOf(partition);
    const isNamed = (offset: bigint) =>
      damaged.some((range) => range.offset <= offset && offset < range.endOffset);
    for (const { offset, value } of known) {
      if (offset < partition.logStart || isNamed(offset)) continue;
      const found = records.get(offset);
      if (found !== value) problems.push(`${number}: ${offset} is ${found}, not ${value}`);
    }
    const sent = new Set(mayHave[number]?.map(({ value }) => value));
    for (const [offset, value] of records) {
      if (!sent.has(value)) problems.push(`${number}: ${value} at ${offset} was never sent`);
    }
  }
  return problems;
}
