import type { SegmentLog } from '@tally/segment-log';
import type { OffsetStore } from './offset-store.js';

/** Records of a topic that a group has not committed yet. */
export interface GroupLag {
  readonly group: string;
  readonly topic: string;
  readonly records: number;
}

/** The largest first; partitions in which the group has committed nothing do not count. */
export function lagOfGroups(log: SegmentLog, offsets: OffsetStore): GroupLag[] {
  const lags: GroupLag[] = [];
  for (const group of offsets.names()) {
    for (const [topic, partitions] of offsets.of(group)) {
      let records = 0;
      for (const [number, { offset }] of partitions) {
        const end = log.topic(topic)?.partitions[number]?.highWatermark ?? offset;
        if (end > offset) records += Number(end - offset);
      }
      lags.push({ group, topic, records });
    }
  }
  return lags.toSorted((a, b) => b.records - a.records);
}
