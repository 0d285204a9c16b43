import { MAX_BLOCK_EVENTS, type shardProxy, TallyError } from '@tally/contracts';

const MAX_HOUR = 0x7fffffff;

/** A record with dead events, checked: parameters of a statement. */
export interface DeadRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly hour: number;
  /** Text of an int4multirange. */
  readonly indexes: string;
}

/** Checks what a sender says: each record once. TallyError `invalid_argument` says what is wrong. */
export function toDeadRecords(records: readonly shardProxy.DeadRecord[]): DeadRecord[] {
  const seen = new Set<string>();
  return records.map(({ partition: of, offset, hour, indexes }) => {
    const { topic = '', partition = 0 } = of ?? {};
    const key = `${topic}/${partition}/${offset}`;
    if (topic === '' || topic.includes('\0') || partition > 0x7fffffff || !isOffset(offset))
      throw refusal(`expected a record of the log, got ${JSON.stringify(key)}`);
    if (seen.has(key) || hour > MAX_HOUR) throw refusal(`${key} twice, or in hour ${hour}`);
    seen.add(key);
    return { topic, partition, offset, hour, indexes: toIndexes(indexes) };
  });
}

/** Postgres writes ranges of integers with their end excluded, ascending and joined. */
export function fromIndexes(text: string): shardProxy.IndexRange[] {
  return Array.from(text.matchAll(/\[(\d+),(\d+)\)/g), ([, from, to]) => ({
    from: Number(from),
    to: Number(to),
  }));
}

export function isOffset(text: string): boolean {
  return /^\d{1,18}$/.test(text);
}

function toIndexes(ranges: readonly shardProxy.IndexRange[]): string {
  let end = -1;
  for (const { from, to } of ranges) {
    if (from <= end || to <= from || to > MAX_BLOCK_EVENTS)
      throw refusal(`expected events of a block that ascend, got ${from} to ${to} after ${end}`);
    end = to;
  }
  if (end < 0) throw refusal('expected dead events, got none');
  return `{${ranges.map(({ from, to }) => `[${from},${to})`).join(',')}}`;
}

function refusal(problem: string): TallyError {
  return new TallyError('invalid_argument', problem);
}
