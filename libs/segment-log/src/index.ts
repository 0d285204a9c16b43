export type { AppendOutcome } from './commit/commit-loop.js';
export { DamagedLog } from './files/damaged-log.js';
export {
  isOutOfDescriptors,
  isStorageFull,
  type FileSystem,
  type Lock,
  type LogFile,
} from './files/file-system.js';
export { descriptorWaits } from './files/patiently.js';
export { nodeFileSystem } from './files/node-file-system.js';
export { startTicksOf } from './files/start-ticks.js';
export { partitionFolders, topicNames } from './inspect/log-folder-layout.js';
export { verifyLog, type Finding } from './inspect/verify-log.js';
export { walkSegment, type SegmentPart } from './inspect/walk-segment.js';
export { LEADER_EPOCH, type AppendedBatch, type NewBatch } from './partition/appended-batches.js';
export type { Partition } from './partition/partition.js';
export type { ReadOutcome } from './partition/partition-reader.js';
export type { ProducerLimits } from './producers/producer-states.js';
export type { CutTail } from './recovery/cut-tail.js';
export type { ScrubOptions } from './scrub/scrub.js';
export { nameOfRange, type DamagedRange } from './segment/damaged-range.js';
export { segmentFileName, segmentsIn } from './segment/segment-file-name.js';
export type { TimedOffset } from './segment/segment.js';
export { SegmentLog, type Damage, type SegmentLogOptions } from './segment-log.js';
export { DiskWatermarks } from './space/disk-watermarks.js';
export { Upkeep, type UpkeepObserver, type UpkeepOptions } from './upkeep/upkeep.js';
export type { UpkeepPolicy } from './upkeep/upkeep-policy.js';
export { isTopicName, type ClosedTopic, type CreateOutcome } from './topics/topic-store.js';
export type { Topic } from './topics/topic.js';
export type { TopicConfigs, TopicDefinition } from './topics/topic-file.js';
