/** Path of the node that names the current events topic. */
export const TOPICS_NODE = '/topics/events';

/** The definition of an events topic: fixed when it is made; more partitions are another topic. */
export interface EventsTopic {
  /** `events-<random>`: unique for ever. */
  readonly name: string;
  readonly partitions: number;
  /** How long a copy of an event is recognised, in append time. */
  readonly dedupWindowMs: number;
}

/** Throws a RangeError that says what is wrong. */
export function parseEventsTopic(value: unknown): EventsTopic {
  const { name, partitions, dedupWindowMs } = value as Partial<EventsTopic>;
  if (typeof name !== 'string' || !/^events-[0-9a-f]{16}$/.test(name))
    throw new RangeError(`expected a topic name, got ${String(name)}`);
  if (!Number.isInteger(partitions) || Number(partitions) < 1 || Number(partitions) > 4096)
    throw new RangeError(`expected 1 to 4096 partitions, got ${String(partitions)}`);
  if (!Number.isSafeInteger(dedupWindowMs) || Number(dedupWindowMs) < 1)
    throw new RangeError(`expected a window in ms, got ${String(dedupWindowMs)}`);
  return { name, partitions: Number(partitions), dedupWindowMs: Number(dedupWindowMs) };
}
