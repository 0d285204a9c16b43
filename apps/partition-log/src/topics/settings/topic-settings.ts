import { DAY_MS } from '@tally/contracts';
import {
  BOOLEAN,
  intFrom,
  KAFKA_VERSION,
  longFrom,
  MAX_LONG,
  oneOf,
  REPLICAS,
  SHARE,
  someOf,
  type SettingKind,
} from './setting-kinds.js';

/** Kafka's own default is 1 MiB; a request may carry several blocks of 512 KiB for one partition. */
const DEFAULT_MAX_MESSAGE_BYTES = 8 << 20;
const FOR_EVER = String(MAX_LONG);
const NO_EFFECT = 'Kept and shown, without effect here: ';

/** A setting of a topic. */
export interface TopicSetting {
  readonly kind: SettingKind;
  /** What holds where it is not set. */
  readonly fallback: string;
  /** Name of the setting of the node that would say the default; undefined: there is none. */
  readonly ofNode: string | undefined;
  /** What it does here, as clients are told. */
  readonly doc: string;
}

function setting(
  kind: SettingKind,
  fallback: string | number,
  ofNode: string | undefined,
  doc: string,
): TopicSetting {
  return { kind, fallback: String(fallback), ofNode, doc };
}

/** Every setting of a topic that Kafka 2.3 knows, under its name. */
export const TOPIC_SETTINGS: ReadonlyMap<string, TopicSetting> = new Map([
  [
    'cleanup.policy',
    setting(
      someOf('delete', 'compact'),
      'delete',
      'log.cleanup.policy',
      'What becomes of old records: they go by age and size (delete), when a later one has their key (compact), or both.',
    ),
  ],
  [
    'compression.type',
    setting(
      oneOf('producer', 'uncompressed', 'gzip', 'snappy', 'lz4', 'zstd'),
      'producer',
      'compression.type',
      'Batches are stored as their producer compressed them; with uncompressed those that are compressed are refused. The other values are without effect.',
    ),
  ],
  [
    'delete.retention.ms',
    setting(
      longFrom(0),
      DAY_MS,
      'log.cleaner.delete.retention.ms',
      'How long a record that deletes its key is kept in a compacted topic.',
    ),
  ],
  [
    'file.delete.delay.ms',
    setting(
      longFrom(0),
      60_000,
      'log.segment.delete.delay.ms',
      `${NO_EFFECT}a file goes when its last reader is done.`,
    ),
  ],
  [
    'flush.messages',
    setting(
      longFrom(0),
      FOR_EVER,
      'log.flush.interval.messages',
      `${NO_EFFECT}every record is on the disk before it is acknowledged.`,
    ),
  ],
  [
    'flush.ms',
    setting(
      longFrom(0),
      FOR_EVER,
      'log.flush.interval.ms',
      `${NO_EFFECT}every record is on the disk before it is acknowledged.`,
    ),
  ],
  [
    'follower.replication.throttled.replicas',
    setting(REPLICAS, '', undefined, `${NO_EFFECT}nothing is replicated.`),
  ],
  [
    'index.interval.bytes',
    setting(
      intFrom(0),
      4096,
      'log.index.interval.bytes',
      `${NO_EFFECT}an index has the same density for all topics.`,
    ),
  ],
  [
    'leader.replication.throttled.replicas',
    setting(REPLICAS, '', undefined, `${NO_EFFECT}nothing is replicated.`),
  ],
  [
    'max.compaction.lag.ms',
    setting(
      longFrom(1),
      FOR_EVER,
      'log.cleaner.max.compaction.lag.ms',
      'A record of a compacted topic is looked at when it is so old, however few came after it.',
    ),
  ],
  [
    'max.message.bytes',
    setting(
      intFrom(0),
      DEFAULT_MAX_MESSAGE_BYTES,
      'message.max.bytes',
      'Most bytes of a batch, as it is sent.',
    ),
  ],
  [
    'message.downconversion.enable',
    setting(
      BOOLEAN,
      'true',
      'log.message.downconversion.enable',
      `${NO_EFFECT}records are read in the format in which they are stored, and in no older one.`,
    ),
  ],
  [
    'message.format.version',
    setting(
      KAFKA_VERSION,
      '2.3-IV1',
      'log.message.format.version',
      `${NO_EFFECT}records have format 2.`,
    ),
  ],
  [
    'message.timestamp.difference.max.ms',
    setting(
      longFrom(0),
      FOR_EVER,
      'log.message.timestamp.difference.max.ms',
      'How far the first and the latest time of a batch may be from the clock of the log, where records keep the times of their producer (CreateTime).',
    ),
  ],
  [
    'message.timestamp.type',
    setting(
      oneOf('CreateTime', 'LogAppendTime'),
      'CreateTime',
      'log.message.timestamp.type',
      'Whether records keep the times of their producer or get that at which they are appended.',
    ),
  ],
  [
    'min.cleanable.dirty.ratio',
    setting(
      SHARE,
      '0.33',
      'log.cleaner.min.cleanable.ratio',
      'A topic is compacted when this part of the bytes in its complete segments is new.',
    ),
  ],
  [
    'min.compaction.lag.ms',
    setting(
      longFrom(0),
      0,
      'log.cleaner.min.compaction.lag.ms',
      'Records of a compacted topic that are younger stay, whatever comes after them.',
    ),
  ],
  [
    'min.insync.replicas',
    setting(
      intFrom(1),
      1,
      'min.insync.replicas',
      'Replicas that must have a record before acks=all is answered. There is one: with more, appends with acks=all are refused.',
    ),
  ],
  [
    'preallocate',
    setting(BOOLEAN, 'false', 'log.preallocate', `${NO_EFFECT}files grow with what is written.`),
  ],
  [
    'retention.bytes',
    setting(
      longFrom(-1),
      -1,
      'log.retention.bytes',
      'The oldest records of a partition go while the rest has at least so many bytes; -1: size does not matter.',
    ),
  ],
  [
    'retention.ms',
    setting(
      longFrom(-1),
      -1,
      'log.retention.ms',
      'Records go when they are older than this; -1: age does not matter. In Kafka a week where it is not set, here for ever.',
    ),
  ],
  [
    'segment.bytes',
    setting(
      intFrom(14),
      1 << 30,
      'log.segment.bytes',
      'A segment is followed by another before it grows past this; at least 4096, and at most what the node is set to.',
    ),
  ],
  [
    'segment.index.bytes',
    setting(
      intFrom(0),
      10 << 20,
      'log.index.size.max.bytes',
      `${NO_EFFECT}an index is as large as its segment needs.`,
    ),
  ],
  [
    'segment.jitter.ms',
    setting(
      longFrom(0),
      0,
      'log.roll.jitter.ms',
      `${NO_EFFECT}segments are looked at one after the other.`,
    ),
  ],
  [
    'segment.ms',
    setting(
      longFrom(1),
      7 * DAY_MS,
      'log.roll.ms',
      // A topic with few records is shortened by weeks and not by segments.
      'A segment is ended when its first record is so old, so that it can go or be compacted.',
    ),
  ],
  [
    'unclean.leader.election.enable',
    setting(
      BOOLEAN,
      'false',
      'unclean.leader.election.enable',
      `${NO_EFFECT}there is one replica, which leads.`,
    ),
  ],
]);

/** What holds for a topic with these settings of its own. */
export function valueOf(configs: Readonly<Record<string, string>>, name: string): string {
  return configs[name] ?? TOPIC_SETTINGS.get(name)?.fallback ?? '';
}
