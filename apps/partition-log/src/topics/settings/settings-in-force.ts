import type { Topic, TopicConfigs, UpkeepPolicy } from '@tally/segment-log';
import { isKeptUntilDeleted } from '../internal-topics.js';
import { elementsOf } from './setting-kinds.js';
import { valueOf } from './topic-settings.js';

/** Kafka takes 14, a file for each batch; so many files cost every start. */
const MIN_SEGMENT_BYTES = 4096;

export function stampsAppendTime(configs: TopicConfigs): boolean {
  return valueOf(configs, 'message.timestamp.type') === 'LogAppendTime';
}

/** Whether batches that are compressed are refused. */
export function isUncompressed(configs: TopicConfigs): boolean {
  return valueOf(configs, 'compression.type') === 'uncompressed';
}

export function maxMessageBytes(configs: TopicConfigs): number {
  return Number(valueOf(configs, 'max.message.bytes'));
}

/** How far from the clock of the log a time may be that a producer gave; undefined: any time may be. */
export function maxTimeDifferenceMs(configs: TopicConfigs): number | undefined {
  const value = configs['message.timestamp.difference.max.ms'];
  return value === undefined ? undefined : Number(value);
}

/** Replicas that must have a record before it is acknowledged to a producer that waits for all. */
export function minInSyncReplicas(configs: TopicConfigs): number {
  return Number(valueOf(configs, 'min.insync.replicas'));
}

/** How large a segment may grow as far as the topic says; Infinity: it says nothing. */
export function segmentBytesOf(configs: TopicConfigs): number {
  const value = configs['segment.bytes'];
  return value === undefined ? Infinity : Math.max(MIN_SEGMENT_BYTES, Number(value));
}

/** What happens to the old records of a topic. */
export function upkeepPolicy({ name, configs }: Topic): UpkeepPolicy {
  return isKeptUntilDeleted(name) ? { kind: 'keep' } : policyOf(configs);
}

/** As upkeepPolicy, for a topic that is nobody's in particular. */
export function policyOf(configs: TopicConfigs): UpkeepPolicy {
  const number = (name: string) => Number(valueOf(configs, name));
  const limit = (name: string) => (number(name) < 0 ? undefined : number(name));
  const segmentMs = number('segment.ms');
  const policies = elementsOf(valueOf(configs, 'cleanup.policy'));
  const [ms, bytes] = [limit('retention.ms'), limit('retention.bytes')];
  const hasLimits = policies.includes('delete') && (ms !== undefined || bytes !== undefined);
  if (!policies.includes('compact'))
    return hasLimits ? { kind: 'delete', segmentMs, ms, bytes } : { kind: 'keep' };
  return {
    kind: 'compact',
    segmentMs,
    deleteRetentionMs: number('delete.retention.ms'),
    minLagMs: number('min.compaction.lag.ms'),
    maxLagMs: Number(configs['max.compaction.lag.ms'] ?? Infinity),
    dirtyShare: number('min.cleanable.dirty.ratio'),
    ...(hasLimits && { retention: { ms, bytes } }),
  };
}
