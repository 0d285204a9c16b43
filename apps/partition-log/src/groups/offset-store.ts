import type { KafkaError, KeyValue } from '@tally/kafka-wire';
import type { GroupTopic } from './group-topic.js';
import {
  decodeOffset,
  encodeOffset,
  type CommittedOffset,
  type OffsetKey,
} from './offset-records.js';

/** A new offset of a group in one partition; undefined: forget it. */
export interface OffsetChange {
  readonly topic: string;
  readonly partition: number;
  readonly committed: Omit<CommittedOffset, 'committedAtMs'> | undefined;
}

export interface OffsetLimits {
  /** Groups that have offsets. */
  readonly maxGroups: number;
  /** Offsets of all groups together. */
  readonly maxOffsets: number;
}

/** Who commits: a member of its group, or somebody that names a group that nobody is in. */
export type Committer = 'member' | 'outsider';

/** Of the room for groups and offsets, what outsiders may fill: any name will do for them. */
const SHARE_OF_OUTSIDERS = 3 / 4;

type Partitions = Map<number, CommittedOffset>;

/**
 * What groups have committed, kept in memory and in the topic of the coordinator. A commit counts once
 * it is durable there.
 */
export class OffsetStore {
  private readonly groups = new Map<string, Map<string, Partitions>>();
  private count = 0;

  constructor(
    private readonly topic: GroupTopic,
    private readonly limits: OffsetLimits,
  ) {}

  /** A record that was read back; false when it is of another kind. */
  load(record: KeyValue): boolean {
    const decoded = decodeOffset(record);
    if (decoded !== undefined) this.apply(decoded.key, decoded.committed);
    return decoded !== undefined;
  }

  /** All topics of a group, with its offsets in their partitions. */
  of(group: string): ReadonlyMap<string, ReadonlyMap<number, CommittedOffset>> {
    return this.groups.get(group) ?? new Map<string, Partitions>();
  }

  has(group: string): boolean {
    return this.groups.has(group);
  }

  /** Groups that have committed something. */
  names(): IterableIterator<string> {
    return this.groups.keys();
  }

  /** When a group last committed, ms since 1970; 0 for one that never did. */
  lastCommitMs(group: string): number {
    let last = 0;
    for (const partitions of this.of(group).values()) {
      for (const { committedAtMs } of partitions.values()) last = Math.max(last, committedAtMs);
    }
    return last;
  }

  /** All changes become durable together, or none. */
  async commit(
    group: string,
    changes: readonly OffsetChange[],
    who: Committer = 'member',
  ): Promise<KafkaError> {
    // Full: what another group leaves makes room, so it may be tried again.
    if (!this.hasRoomFor(group, changes, who)) return 'COORDINATOR_NOT_AVAILABLE';
    const timed: [OffsetKey, CommittedOffset | undefined][] = [];
    const error = await this.topic.append(group, (nowMs) => {
      for (const { topic, partition, committed } of changes) {
        const now = committed === undefined ? undefined : { ...committed, committedAtMs: nowMs };
        timed.push([{ group, topic, partition }, now]);
      }
      return timed.map(([key, committed]) => encodeOffset(key, committed));
    });
    if (error === 'NONE') for (const [key, committed] of timed) this.apply(key, committed);
    return error;
  }

  deleteGroup(group: string): Promise<KafkaError> {
    const changes = [...this.of(group)].flatMap(([topic, partitions]) =>
      [...partitions.keys()].map((partition) => ({ topic, partition, committed: undefined })),
    );
    return this.commit(group, changes);
  }

  /** Topics that some group has an offset in. */
  topics(): ReadonlySet<string> {
    return new Set([...this.groups.values()].flatMap((topics) => [...topics.keys()]));
  }

  /** A topic is gone; one that takes its name later begins anew. */
  async deleteTopic(topic: string): Promise<void> {
    for (const [group, topics] of this.groups) {
      const partitions = [...(topics.get(topic)?.keys() ?? [])];
      await this.commit(
        group,
        partitions.map((partition) => ({ topic, partition, committed: undefined })),
      );
    }
  }

  /** Whether there is room for what is new in these changes. */
  hasRoomFor(group: string, changes: readonly OffsetChange[], who: Committer): boolean {
    const known = this.of(group);
    const added = changes.filter(
      ({ topic, partition, committed }) =>
        committed !== undefined && known.get(topic)?.has(partition) !== true,
    ).length;
    if (added === 0) return true;
    const { maxGroups, maxOffsets } = this.limits;
    const share = who === 'member' ? 1 : SHARE_OF_OUTSIDERS;
    return (
      this.count + added <= maxOffsets * share &&
      (this.has(group) || this.groups.size < maxGroups * share)
    );
  }

  private apply(
    { group, topic, partition }: OffsetKey,
    committed: CommittedOffset | undefined,
  ): void {
    const topics = this.groups.get(group) ?? new Map<string, Partitions>();
    const partitions = topics.get(topic) ?? (new Map() as Partitions);
    this.count -= partitions.size;
    if (committed === undefined) partitions.delete(partition);
    else partitions.set(partition, committed);
    this.count += partitions.size;
    if (partitions.size > 0) topics.set(topic, partitions);
    else topics.delete(topic);
    if (topics.size > 0) this.groups.set(group, topics);
    else this.groups.delete(group);
  }
}
