/** Committed offsets of consumer groups; written by the coordinator alone. */
export const OFFSETS_TOPIC = '__consumer_offsets';

/** A topic of the log itself: clients may read it and nothing else. */
export function isInternal(topic: string): boolean {
  return topic === OFFSETS_TOPIC;
}
