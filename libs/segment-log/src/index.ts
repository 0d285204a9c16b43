export type { AppendOutcome } from './commit/commit-loop.js';
export { DamagedLog } from './files/damaged-log.js';
export { isStorageFull, type FileSystem, type LogFile } from './files/file-system.js';
export { partitionFolders, segmentsIn, topicNames } from './inspect/log-folder-layout.js';
export { verifyLog, type Finding } from './inspect/verify-log.js';
export { walkSegment, type SegmentPart } from './inspect/walk-segment.js';
export { nodeFileSystem } from './files/node-file-system.js';
export type { CutTail } from './recovery/cut-tail.js';
export {
  LEADER_EPOCH,
  type AppendedBatch,
  type NewBatch,
  type Partition,
  type ReadOutcome,
} from './partition/partition.js';
export type { ProducerLimits } from './producers/producer-states.js';
export type { ScrubOptions } from './scrub/scrub.js';
export { nameOfRange, type DamagedRange } from './segment/damaged-range.js';
export { segmentFileName, type TimedOffset } from './segment/segment.js';
export { SegmentLog, type Damage, type SegmentLogOptions } from './segment-log.js';
export { DiskWatermarks } from './space/disk-watermarks.js';
export { Upkeep, type UpkeepObserver, type UpkeepOptions } from './upkeep/upkeep.js';
export type { UpkeepPolicy } from './upkeep/upkeep-policy.js';
export { isTopicName, type CreateOutcome } from './topics/topic-store.js';
export type { Topic } from './topics/topic.js';
export type { TopicDefinition } from './topics/topic-file.js';
