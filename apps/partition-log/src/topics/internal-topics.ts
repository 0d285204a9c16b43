/** Committed offsets of consumer groups; written by the coordinator alone. */
export const OFFSETS_TOPIC = '__consumer_offsets';

/** The topics of events, dead letters, dead events and catalogues, as the other services name them. */
const OF_TALLY = /^(events|dead-letters|dead-events|catalog)-/;

/** A topic of the log itself: clients may read it and nothing else. */
export function isInternal(topic: string): boolean {
  return topic === OFFSETS_TOPIC;
}

/** Only DeleteRecords shortens it: what is counted nowhere yet must not go for its age. */
export function isKeptUntilDeleted(topic: string): boolean {
  return OF_TALLY.test(topic);
}

/** Its number of partitions never changes: copies of an event have to meet in one of them. */
export function hasFixedPartitions(topic: string): boolean {
  return OF_TALLY.test(topic);
}
