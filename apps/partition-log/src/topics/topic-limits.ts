import type { SegmentLog } from '@tally/segment-log';

/** How much clients may create; each partition is a folder and an open file. */
export class TopicLimits {
  constructor(
    private readonly log: SegmentLog,
    readonly maxTopics: number,
    readonly maxPartitions: number,
    readonly maxPartitionsPerTopic: number,
  ) {}

  /** A topic whose name is another one only in upper and lower case, or with `_` for `.`: where both are written to files or metrics, one would replace the other. */
  clashWith(name: string): string | undefined {
    const folded = fold(name);
    return this.log.topics().find((topic) => topic.name !== name && fold(topic.name) === folded)
      ?.name;
  }

  get hasRoomForTopic(): boolean {
    return this.log.topics().length < this.maxTopics;
  }

  hasRoomFor(partitions: number): boolean {
    const now = this.log.topics().reduce((sum, topic) => sum + topic.partitions.length, 0);
    return now + partitions <= this.maxPartitions;
  }
}

function fold(name: string): string {
  return name.toLowerCase().replaceAll('.', '_');
}
