import type { SegmentLog } from '@tally/segment-log';
import type { PartitionLogConfig } from '../config.js';
import { systemClock } from './clock.js';
import { GroupCoordinator } from './group-coordinator.js';
import { GroupTopic } from './group-topic.js';

/** The coordinator of all groups, with what the one before it has left in the log. */
export async function openCoordinator(
  log: SegmentLog,
  config: PartitionLogConfig,
  now: () => number,
): Promise<GroupCoordinator> {
  return GroupCoordinator.open(await GroupTopic.open(log, now), {
    clock: systemClock,
    now,
    initialDelayMs: config.groupInitialDelayMs,
    maxGroups: config.groupMaxGroups,
    maxMembers: config.groupMaxMembers,
    maxMetadataBytes: config.groupMaxMetadataBytes,
    maxMembersInAll: config.groupMaxMembersInAll,
    maxMetadataBytesInAll: config.groupMaxMetadataBytesInAll,
    maxOffsets: config.groupMaxOffsets,
    minSessionTimeoutMs: config.groupMinSessionMs,
    maxSessionTimeoutMs: config.groupMaxSessionMs,
    restoredSessionMs: config.groupRestoredSessionMs,
    offsetsRetentionMs: config.groupOffsetsRetentionMs,
  });
}
