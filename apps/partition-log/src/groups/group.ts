import type { DescribedGroup, JoinGroupRequest, KafkaError } from '@tally/kafka-wire';
import { describeGroup, subscriptionsOf } from './describe-group.js';
import { Generation } from './generation.js';
import type { GroupRecord } from './group-records.js';
import { hasRoomForAssignments } from './group-room.js';
import { Joining, type JoiningClient, type JoiningOptions } from './joining.js';
import {
  memberOptionsOf,
  refused,
  type JoinResult,
  type Member,
  type SyncResult,
} from './member.js';
import { Members } from './members.js';
import {
  Rebalance,
  type Assignments,
  type GroupState,
  type RebalanceOptions,
} from './rebalance.js';

export interface GroupOptions extends RebalanceOptions, JoiningOptions {
  /** What was written down last, when the coordinator starts again. */
  readonly restored?: GroupRecord;
  /** How long members that were written down may take at least until they are heard of again. */
  readonly restoredSessionMs: number;
}

/** How a member names itself in what it asks. */
export interface MemberClaim {
  readonly generationId: number;
  readonly memberId: string;
  readonly groupInstanceId: string | null;
}

/**
 * A consumer group by the classic protocol: members join, one of them is told of all and assigns,
 * the others learn their part; see Rebalance. A pure state machine; time comes from the clock.
 *
 * Invariant: whoever acts for a generation is a member of it. Everybody else is told which of the
 * two is wrong. Members learn their part when it is written down, so a coordinator that starts again
 * knows them. With a full disk they learn it all the same, since reading has to go on: after a start they
 * join anew.
 */
export class Group {
  private readonly members: Members;
  private readonly generation = new Generation();
  private readonly rebalance: Rebalance;
  private readonly joining: Joining;

  constructor(private readonly options: GroupOptions) {
    this.members = new Members(options.clock, (expired) => this.removeMember(expired));
    this.rebalance = new Rebalance(this.members, this.generation, options);
    this.joining = new Joining(this.members, this.generation, this.rebalance, options);
    if (options.restored !== undefined) this.restore(options.restored);
  }

  get state(): GroupState {
    return this.rebalance.state;
  }

  /** Nobody is in it or about to be: it may be forgotten. */
  get isAbandoned(): boolean {
    return this.memberCount === 0;
  }

  /** With those that were given an id and have to come again. */
  get memberCount(): number {
    return this.members.size + this.rebalance.expected.size;
  }

  /** What keeping it costs, about. */
  get bytes(): number {
    return this.members.bytes;
  }

  get type(): string {
    return this.generation.protocolType;
  }

  join(request: JoinGroupRequest, client: JoiningClient): Promise<JoinResult> | JoinResult {
    return this.joining.join(request, client);
  }

  sync(claim: MemberClaim, assignments: Assignments): Promise<SyncResult> | SyncResult {
    const member = this.memberOf(claim);
    if (typeof member === 'string') return refused(member);
    switch (this.state) {
      case 'Empty':
        return refused('UNKNOWN_MEMBER_ID');
      case 'PreparingRebalance':
        return refused('REBALANCE_IN_PROGRESS');
      case 'Stable':
        member.refreshSession();
        return { kind: 'synced', assignment: member.assignment };
      case 'CompletingRebalance': {
        if (!hasRoomForAssignments(assignments, this.options)) return refused('MESSAGE_TOO_LARGE');
        const synced = member.waitForSync();
        if (member.id === this.generation.leader) void this.rebalance.assign(assignments);
        return synced;
      }
    }
  }

  heartbeat(claim: MemberClaim): KafkaError {
    const member = this.memberOf(claim);
    if (typeof member === 'string') return member;
    member.refreshSession();
    return this.state === 'PreparingRebalance' ? 'REBALANCE_IN_PROGRESS' : 'NONE';
  }

  leave(memberId: string, groupInstanceId: string | null): KafkaError {
    if (this.rebalance.expected.take(memberId)) {
      this.rebalance.completeIfAllJoined();
      return 'NONE';
    }
    // A static member may be removed by its name alone.
    const named = this.members.ofInstance(groupInstanceId);
    if (groupInstanceId !== null && named === undefined) return 'UNKNOWN_MEMBER_ID';
    if (named !== undefined && memberId !== '' && named.id !== memberId)
      return 'FENCED_INSTANCE_ID';
    const member = named ?? this.members.get(memberId);
    if (member === undefined) return 'UNKNOWN_MEMBER_ID';
    this.removeMember(member);
    return 'NONE';
  }

  /** Whether offsets may be committed. A consumer outside the group may while nobody is in it. */
  checkCommit(claim: MemberClaim): KafkaError {
    if (claim.generationId < 0 && this.members.size === 0) return 'NONE';
    const member = this.memberOf(claim);
    if (typeof member === 'string') return member;
    if (this.state === 'CompletingRebalance') return 'REBALANCE_IN_PROGRESS';
    member.refreshSession();
    return 'NONE';
  }

  describe(): Omit<DescribedGroup, 'errorCode' | 'groupId'> {
    return describeGroup(this.state, this.generation, this.members);
  }

  /** Topics that a member reads; `unknown` where a member does not say so in words of consumers. */
  subscriptions(): ReadonlySet<string> | 'unknown' {
    return subscriptionsOf(this.generation, this.members);
  }

  /** This node coordinates it no more: everybody who waits is told to look for another. */
  close(): void {
    for (const member of this.members.all()) this.members.remove(member, 'NOT_COORDINATOR');
    this.rebalance.close();
  }

  /** Who is not heard of soon has gone meanwhile. */
  private restore(record: GroupRecord): void {
    this.generation.restore(record);
    this.rebalance.restore();
    for (const memberRecord of record.members) {
      const member = this.members.add(memberOptionsOf(memberRecord, record.protocol));
      member.assignment = memberRecord.assignment;
      // Clients are heard three times in a session at least.
      const { sessionTimeoutMs } = member;
      const waitMs = Math.max(this.options.restoredSessionMs, sessionTimeoutMs / 3);
      member.refreshSession(Math.min(sessionTimeoutMs, waitMs));
    }
  }

  private removeMember(member: Member): void {
    this.members.remove(member, 'UNKNOWN_MEMBER_ID');
    this.rebalance.lost();
  }

  private memberOf({ generationId, memberId, groupInstanceId }: MemberClaim): Member | KafkaError {
    const fenced = this.members.checkInstance(memberId, groupInstanceId);
    if (fenced !== undefined) return fenced;
    const member = this.members.get(memberId);
    if (member === undefined) return 'UNKNOWN_MEMBER_ID';
    return generationId === this.generation.number ? member : 'ILLEGAL_GENERATION';
  }
}
