import { randomUUID } from 'node:crypto';
import { DAY_MS, MINUTE_MS } from '@tally/contracts';
import type { KafkaError } from '@tally/kafka-wire';
import type { Clock } from './clock.js';
import { Group } from './group.js';
import { decodeGroup, encodeGroup, type GroupRecord } from './group-records.js';
import type { GroupTopic } from './group-topic.js';
import { OffsetStore, type Committer, type OffsetChange } from './offset-store.js';

/** Of a client's own name in the ids of its members: a string of the protocol has to hold them. */
const MAX_NAME_LENGTH = 200;

/** Without room, a group that was not in use for so long gives its offsets up for another; Kafka keeps all no longer. */
const NEEDLESS_AFTER_MS = 7 * DAY_MS;
/** When none was found: all groups are looked at, and without room each commit could ask for that. */
const LOOK_AGAIN_MS = MINUTE_MS;

export interface CoordinatorOptions {
  readonly clock: Clock;
  /** ms since 1970. */
  readonly now: () => number;
  readonly initialDelayMs: number;
  /** Groups with members, and groups with offsets. */
  readonly maxGroups: number;
  readonly maxMembers: number;
  readonly maxMetadataBytes: number;
  /** The same of all groups together. */
  readonly maxMembersInAll: number;
  readonly maxMetadataBytesInAll: number;
  readonly maxOffsets: number;
  readonly minSessionTimeoutMs: number;
  readonly maxSessionTimeoutMs: number;
  readonly restoredSessionMs: number;
  /** How long offsets are kept of a group without members and commits; 0: for ever. */
  readonly offsetsRetentionMs: number;
}

/** The groups that have members now, and the offsets of all that ever committed. */
export class GroupCoordinator {
  private readonly groups = new Map<string, Group>();
  /** When groups that have offsets lost their last member, ms since 1970. */
  private readonly emptySince = new Map<string, number>();
  private readonly startedMs: number;
  /** Before that no group is looked for that could go. */
  private lookAgainAtMs = 0;
  private closed = false;

  private constructor(
    readonly offsets: OffsetStore,
    private readonly topic: GroupTopic,
    private readonly options: CoordinatorOptions,
  ) {
    this.startedMs = options.now();
  }

  /** Goes on where the one before it stopped. */
  static async open(topic: GroupTopic, options: CoordinatorOptions): Promise<GroupCoordinator> {
    const offsets = new OffsetStore(topic, options);
    const records = new Map<string, GroupRecord>();
    for await (const record of topic.records()) {
      if (offsets.load(record)) continue;
      const decoded = decodeGroup(record);
      if (decoded?.record === undefined) records.delete(decoded?.group ?? '');
      else records.set(decoded.group, decoded.record);
    }
    // Their deletion was interrupted: topics of their names must not go on from there.
    for (const name of offsets.topics()) if (!topic.isThere(name)) await offsets.deleteTopic(name);
    const coordinator = new GroupCoordinator(offsets, topic, options);
    for (const [id, record] of records) coordinator.makeGroup(id, record);
    return coordinator;
  }

  /** Nobody knows where groups stand: whoever were let in would begin anew, and count twice. */
  get isUnavailable(): boolean {
    return this.topic.isClosed;
  }

  get groupCount(): number {
    return this.groups.size;
  }

  /** The group when it has members or expects some. */
  find(id: string): Group | undefined {
    const group = this.groups.get(id);
    if (group?.isAbandoned !== true) return group;
    this.groups.delete(id);
    return undefined;
  }

  /** The group, made when there is none. */
  forJoin(id: string, sessionTimeoutMs: number): Group | KafkaError {
    if (this.closed) return 'NOT_COORDINATOR';
    if (id === '') return 'INVALID_GROUP_ID';
    const { minSessionTimeoutMs, maxSessionTimeoutMs, maxGroups } = this.options;
    if (sessionTimeoutMs < minSessionTimeoutMs || sessionTimeoutMs > maxSessionTimeoutMs) {
      return 'INVALID_SESSION_TIMEOUT';
    }
    const found = this.groups.get(id);
    if (found !== undefined) return found;
    if (this.groups.size >= maxGroups) this.forgetAbandoned();
    if (this.groups.size >= maxGroups) return 'COORDINATOR_NOT_AVAILABLE';
    return this.makeGroup(id);
  }

  /** Ids of all groups with members or offsets. */
  ids(): string[] {
    this.forgetAbandoned();
    return [...new Set([...this.groups.keys(), ...this.offsets.names()])];
  }

  /**
   * All changes become durable together, or none. Where there is no room, the group that was out of use
   * for longest goes, if that is long ago: names that somebody made up must not keep others out for ever.
   */
  async commitOffsets(
    group: string,
    changes: readonly OffsetChange[],
    who: Committer,
  ): Promise<KafkaError> {
    if (!this.offsets.hasRoomFor(group, changes, who)) {
      const needless = this.longestUnused();
      if (needless !== undefined && needless !== group) await this.offsets.deleteGroup(needless);
    }
    return this.offsets.commit(group, changes, who);
  }

  /**
   * Forgets the offsets of groups that were neither used nor written for long. What was before the
   * start of this process counts as use: when a group was last in use is known only since then.
   */
  async expireOffsets(): Promise<void> {
    const { offsetsRetentionMs, now } = this.options;
    if (offsetsRetentionMs === 0) return;
    const before = now() - offsetsRetentionMs;
    for (const id of [...this.offsets.names()])
      if (this.usedMs(id) <= before) await this.offsets.deleteGroup(id);
    for (const id of this.emptySince.keys()) {
      if (!this.offsets.has(id)) this.emptySince.delete(id);
    }
  }

  /** Everybody who waits is told to look for another coordinator; nobody joins any more. */
  close(): void {
    this.closed = true;
    for (const group of this.groups.values()) group.close();
    this.groups.clear();
  }

  /** When a group was last in use, ms since 1970: infinitely late while it has members. */
  private usedMs(id: string): number {
    if (this.find(id) !== undefined) return Infinity;
    return Math.max(this.emptySince.get(id) ?? this.startedMs, this.offsets.lastCommitMs(id));
  }

  private longestUnused(): string | undefined {
    const nowMs = this.options.now();
    if (nowMs < this.lookAgainAtMs) return undefined;
    const before = nowMs - NEEDLESS_AFTER_MS;
    let found: { readonly id: string; readonly usedMs: number } | undefined;
    for (const id of this.offsets.names()) {
      const usedMs = this.usedMs(id);
      if (usedMs <= before && usedMs < (found?.usedMs ?? Infinity)) found = { id, usedMs };
    }
    if (found === undefined) this.lookAgainAtMs = nowMs + LOOK_AGAIN_MS;
    return found?.id;
  }

  private makeGroup(id: string, restored?: GroupRecord): Group {
    const group = new Group({
      ...this.options,
      newMemberId: (clientId) => `${beginningOf(clientId) || 'member'}-${randomUUID()}`,
      hasRoomInAll: (members, bytes) => this.hasRoomFor(members, bytes),
      store: (record) => this.store(id, record),
      ...(restored === undefined ? {} : { restored }),
    });
    this.groups.set(id, group);
    return group;
  }

  private hasRoomFor(members: number, bytes: number): boolean {
    const { maxMembersInAll, maxMetadataBytesInAll } = this.options;
    let [allMembers, allBytes] = [members, bytes];
    for (const group of this.groups.values()) {
      allMembers += group.memberCount;
      allBytes += group.bytes;
    }
    return allMembers <= maxMembersInAll && allBytes <= maxMetadataBytesInAll;
  }

  private async store(id: string, record: GroupRecord | undefined): Promise<void> {
    if (record === undefined && this.offsets.has(id)) this.emptySince.set(id, this.options.now());
    await this.topic.append(id, (nowMs) => [encodeGroup(id, record, nowMs)]);
  }

  private forgetAbandoned(): void {
    for (const [id, group] of this.groups) if (group.isAbandoned) this.groups.delete(id);
  }
}

/** Never half a character: it would come back from the client as another one. */
function beginningOf(clientId: string): string {
  return clientId.slice(0, MAX_NAME_LENGTH).replace(/[\uD800-\uDBFF]$/, '');
}
