import type { ByTopic } from '@tally/kafka-wire';
import type { Partition, SegmentLog } from '@tally/segment-log';

/** A partition that a client asks for; `found` is undefined where it is not there. */
export interface AskedPartition {
  readonly number: number;
  readonly found: Partition | undefined;
}

/** What a client asks for, each once: an answer must not be many times its request. null: all there are. */
export function askedPartitions(
  log: SegmentLog,
  topics: readonly ByTopic<number>[] | null,
): ByTopic<AskedPartition>[] {
  if (topics === null)
    return log.topics().map(({ name, partitions }) => ({
      name,
      partitions: partitions.map((found) => ({ number: found.number, found })),
    }));
  const byName = new Map<string, Set<number>>();
  for (const { name, partitions } of topics) {
    const numbers = byName.get(name) ?? new Set();
    for (const number of partitions) numbers.add(number);
    byName.set(name, numbers);
  }
  return [...byName].map(([name, numbers]) => ({
    name,
    partitions: [...numbers].map((number) => ({
      number,
      found: log.topic(name)?.partitions[number],
    })),
  }));
}
