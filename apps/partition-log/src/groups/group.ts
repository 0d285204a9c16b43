import type {
  DescribedGroup,
  JoinGroupRequest,
  KafkaError,
  SyncGroupRequest,
} from '@tally/kafka-wire';
import type { Clock } from './clock.js';
import type { GroupRecord } from './group-records.js';
import {
  memberOptionsOf,
  type JoinResult,
  type Member,
  type MemberOptions,
  type Refused,
  type SyncResult,
} from './member.js';
import { Members } from './members.js';
import { bytesOfProtocols, chooseProtocol, copyProtocols, sharesProtocol } from './protocols.js';
import { CONSUMER, readSubscription } from './subscription.js';

export type GroupState = 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable';

export interface GroupOptions {
  readonly id: string;
  readonly clock: Clock;
  /** How long a group that was empty waits for more members before its first generation. */
  readonly initialDelayMs: number;
  readonly maxMembers: number;
  /** Most bytes of what all members say of themselves, and of what they are assigned. */
  readonly maxMetadataBytes: number;
  readonly newMemberId: (clientId: string) => string;
  /** Whether there is room in all groups together for so much more. */
  readonly hasRoomInAll: (members: number, bytes: number) => boolean;
  /** Writes the group down, if it can; undefined: it has no members any more. */
  readonly store: (record: GroupRecord | undefined) => Promise<void>;
  /** What was written down last, when the coordinator starts again. */
  readonly restored?: GroupRecord;
  /** How long members that were written down may take at least until they are heard of again. */
  readonly restoredSessionMs: number;
}

/** Who joins, apart from what it says itself. */
type JoiningClient = Pick<MemberOptions, 'clientId' | 'clientHost'>;

type Assignments = SyncGroupRequest['assignments'];

/** How a member names itself in what it asks. */
export interface MemberClaim {
  readonly generationId: number;
  readonly memberId: string;
  readonly groupInstanceId: string | null;
}

/**
 * A consumer group by the classic protocol: members join, one of them is told of all and assigns,
 * the others learn their part. A pure state machine; time comes from the clock.
 *
 *   Empty ─join→ PreparingRebalance ─all joined, or time is over→ CompletingRebalance
 *   CompletingRebalance ─the leader assigns→ Stable ─a member comes, goes or changes→ PreparingRebalance
 *
 * Invariant: whoever acts for a generation is a member of it. Everybody else is told which of the
 * two is wrong. Members learn their part when it is written down, so a coordinator that starts again
 * knows them. With a full disk they learn it all the same, since reading has to go on: after a start they
 * join anew.
 */
export class Group {
  private current: GroupState = 'Empty';
  private generation = 0;
  private protocolType = '';
  private protocolName = '';
  private leader = '';
  private readonly members: Members;
  /** Ids that were given to clients which have to join again with them; they cost a session timeout. */
  private readonly expected = new Map<string, () => void>();
  private endPreparing: () => void = () => undefined;
  private waitsForMore = false;
  /** The generation whose assignments are on their way to the disk. */
  private storing: number | undefined;

  constructor(private readonly options: GroupOptions) {
    this.members = new Members(options.clock, (expired) => this.removeMember(expired));
    if (options.restored !== undefined) this.restore(options.restored);
  }

  get state(): GroupState {
    return this.current;
  }

  /** Nobody is in it or about to be: it may be forgotten. */
  get isAbandoned(): boolean {
    return this.members.size === 0 && this.expected.size === 0;
  }

  /** With those that were given an id and have to come again. */
  get memberCount(): number {
    return this.members.size + this.expected.size;
  }

  /** What keeping it costs, about. */
  get bytes(): number {
    return this.members.bytes;
  }

  get type(): string {
    return this.protocolType;
  }

  join(request: JoinGroupRequest, client: JoiningClient): Promise<JoinResult> | JoinResult {
    if (!this.acceptsProtocols(request)) return refused('INCONSISTENT_GROUP_PROTOCOL');
    const full = this.refuseWithoutRoom(request);
    if (full !== undefined) return refused(full);
    const { memberId, groupInstanceId } = request;
    if (memberId === '') return this.joinAsNew(request, client);
    const fenced = this.members.checkInstance(memberId, groupInstanceId);
    if (fenced !== undefined) return refused(fenced);
    if (this.expected.has(memberId)) {
      this.forgetExpected(memberId);
      return this.addMember(memberId, request, client);
    }
    const member = this.members.get(memberId);
    return member === undefined ? refused('UNKNOWN_MEMBER_ID') : this.rejoin(member, request);
  }

  sync(claim: MemberClaim, assignments: Assignments): Promise<SyncResult> | SyncResult {
    const member = this.memberOf(claim);
    if (typeof member === 'string') return refused(member);
    switch (this.current) {
      case 'Empty':
        return refused('UNKNOWN_MEMBER_ID');
      case 'PreparingRebalance':
        return refused('REBALANCE_IN_PROGRESS');
      case 'Stable':
        member.refreshSession();
        return { kind: 'synced', assignment: member.assignment };
      case 'CompletingRebalance': {
        if (!this.hasRoomForAssignments(assignments)) return refused('MESSAGE_TOO_LARGE');
        const synced = member.waitForSync();
        if (member.id === this.leader) void this.assign(assignments);
        return synced;
      }
    }
  }

  heartbeat(claim: MemberClaim): KafkaError {
    const member = this.memberOf(claim);
    if (typeof member === 'string') return member;
    member.refreshSession();
    return this.current === 'PreparingRebalance' ? 'REBALANCE_IN_PROGRESS' : 'NONE';
  }

  leave(memberId: string, groupInstanceId: string | null): KafkaError {
    if (this.forgetExpected(memberId)) {
      this.completeIfAllJoined();
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
    if (this.current === 'CompletingRebalance') return 'REBALANCE_IN_PROGRESS';
    member.refreshSession();
    return 'NONE';
  }

  describe(): Omit<DescribedGroup, 'errorCode' | 'groupId'> {
    const isStable = this.current === 'Stable';
    return {
      state: this.current,
      protocolType: this.protocolType,
      protocolName: isStable ? this.protocolName : '',
      members: this.members.all().map((member) => ({
        memberId: member.id,
        groupInstanceId: member.groupInstanceId,
        clientId: member.clientId,
        clientHost: member.clientHost,
        metadata: isStable ? member.metadataFor(this.protocolName) : Buffer.alloc(0),
        assignment: isStable ? member.assignment : Buffer.alloc(0),
      })),
    };
  }

  /** Topics that a member reads; `unknown` where a member does not say so in words of consumers. */
  subscriptions(): ReadonlySet<string> | 'unknown' {
    const topics = new Set<string>();
    for (const { protocols } of this.members.all()) {
      for (const { metadata } of protocols) {
        const read = this.protocolType === CONSUMER ? readSubscription(metadata) : undefined;
        if (read === undefined) return 'unknown';
        for (const topic of read) topics.add(topic);
      }
    }
    return topics;
  }

  /** This node coordinates it no more: everybody who waits is told to look for another. */
  close(): void {
    this.endPreparing();
    for (const memberId of [...this.expected.keys()]) this.forgetExpected(memberId);
    for (const member of this.members.all()) this.members.remove(member, 'NOT_COORDINATOR');
    this.current = 'Empty';
  }

  private acceptsProtocols({ protocolType, protocols }: JoinGroupRequest): boolean {
    if (protocolType === '' || protocols.length === 0) return false;
    if (this.members.size === 0) return true;
    return protocolType === this.protocolType && sharesProtocol(protocols, this.members.all());
  }

  private joinAsNew(
    request: JoinGroupRequest,
    client: JoiningClient,
  ): Promise<JoinResult> | JoinResult {
    const { groupInstanceId, canRejoinWithId, sessionTimeoutMs } = request;
    const id = this.options.newMemberId(client.clientId);
    const predecessor = this.members.ofInstance(groupInstanceId);
    if (predecessor !== undefined) return this.succeed(predecessor, id, request, client);
    if (this.memberCount >= this.options.maxMembers) {
      return refused('GROUP_MAX_SIZE_REACHED');
    }
    if (!canRejoinWithId || groupInstanceId !== null) return this.addMember(id, request, client);
    const forget = () => {
      this.expected.delete(id);
      this.completeIfAllJoined();
    };
    this.expected.set(id, this.options.clock.after(sessionTimeoutMs, forget));
    return { kind: 'refused', error: 'MEMBER_ID_REQUIRED', memberId: id };
  }

  /**
   * The same static member in a new process: it takes the place of the old one. In a stable group it
   * takes its assignment too, without a rebalance, when it says the same of itself.
   */
  private async succeed(
    predecessor: Member,
    id: string,
    request: JoinGroupRequest,
    client: JoiningClient,
  ): Promise<JoinResult> {
    this.members.remove(predecessor, 'FENCED_INSTANCE_ID');
    const said = request.protocols.find(({ name }) => name === this.protocolName);
    const saysTheSame = said?.metadata.equals(predecessor.metadataFor(this.protocolName)) === true;
    if (this.current !== 'Stable' || !saysTheSame) return this.addMember(id, request, client);
    const member = this.newMember(id, request, client);
    member.assignment = predecessor.assignment;
    member.refreshSession();
    const { leader, generation } = this;
    if (leader === predecessor.id) this.leader = id;
    await this.options.store(this.record());
    if (this.members.get(id) !== member) return refused('UNKNOWN_MEMBER_ID');
    if (this.current !== 'Stable' || this.generation !== generation) {
      return this.waitInRebalance(member);
    }
    // It is told the leader of before, even if that was itself: there is nothing to assign.
    const { response } = this.joined(member);
    return { kind: 'joined', response: { ...response, leader, members: [] } };
  }

  private addMember(
    id: string,
    request: JoinGroupRequest,
    client: JoiningClient,
  ): Promise<JoinResult> {
    this.protocolType = request.protocolType;
    return this.waitInRebalance(this.newMember(id, request, client));
  }

  private newMember(id: string, request: JoinGroupRequest, client: JoiningClient): Member {
    const { groupInstanceId, sessionTimeoutMs, rebalanceTimeoutMs } = request;
    const protocols = copyProtocols(request.protocols);
    const timeouts = { sessionTimeoutMs, rebalanceTimeoutMs };
    return this.members.add({ id, groupInstanceId, ...client, ...timeouts, protocols });
  }

  private rejoin(member: Member, request: JoinGroupRequest): Promise<JoinResult> | JoinResult {
    const hasChanged = !member.hasSameProtocols(request.protocols);
    const { sessionTimeoutMs, rebalanceTimeoutMs } = request;
    const protocols = copyProtocols(request.protocols);
    member.update({ sessionTimeoutMs, rebalanceTimeoutMs, protocols });
    const isLeader = member.id === this.leader;
    const isAnswerLost = this.current === 'CompletingRebalance' && !hasChanged;
    const isUpToDate = this.current === 'Stable' && !hasChanged && !isLeader;
    if (isAnswerLost || isUpToDate) {
      member.refreshSession();
      return this.joined(member);
    }
    return this.waitInRebalance(member);
  }

  private waitInRebalance(member: Member): Promise<JoinResult> {
    const joined = member.waitForJoin();
    if (this.current !== 'PreparingRebalance') this.prepareRebalance();
    this.completeIfAllJoined();
    return joined;
  }

  private prepareRebalance(): void {
    const isFirst = this.current === 'Empty';
    this.current = 'PreparingRebalance';
    for (const member of this.members.all()) {
      member.answerSync({ kind: 'refused', error: 'REBALANCE_IN_PROGRESS' });
    }
    // Members of a new group come one after the other: waiting a little saves a rebalance for each.
    this.waitsForMore = isFirst;
    const timeouts = this.members.all().map((member) => member.rebalanceTimeoutMs);
    const waitMs = isFirst ? this.options.initialDelayMs : Math.max(0, ...timeouts);
    this.endPreparing = this.options.clock.after(waitMs, () => {
      this.waitsForMore = false;
      this.completeJoin();
    });
  }

  private completeIfAllJoined(): void {
    if (this.current !== 'PreparingRebalance' || this.waitsForMore) return;
    if (this.members.areAllJoining && this.expected.size === 0) this.completeJoin();
  }

  /** Begins a generation of those who have joined; the others are out. */
  private completeJoin(): void {
    this.endPreparing();
    for (const member of this.members.all()) {
      if (!member.isJoining) this.members.remove(member, 'UNKNOWN_MEMBER_ID');
    }
    this.generation += 1;
    if (this.members.size === 0) {
      this.current = 'Empty';
      this.leader = '';
      void this.options.store(undefined);
      return;
    }
    this.current = 'CompletingRebalance';
    const members = this.members.all();
    this.protocolName = chooseProtocol(members);
    if (this.members.get(this.leader) === undefined) this.leader = members[0]?.id ?? '';
    for (const member of members) {
      member.assignment = Buffer.alloc(0);
      member.answerJoin(this.joined(member));
    }
  }

  private joined({ id }: Member): Extract<JoinResult, { kind: 'joined' }> {
    const members = id === this.leader ? this.members.all() : [];
    return {
      kind: 'joined',
      response: {
        errorCode: 0,
        generationId: this.generation,
        protocolName: this.protocolName,
        leader: this.leader,
        memberId: id,
        members: members.map((member) => ({
          memberId: member.id,
          groupInstanceId: member.groupInstanceId,
          metadata: member.metadataFor(this.protocolName),
        })),
      },
    };
  }

  /** What the leader has decided: everybody learns it once it is written down. */
  private async assign(assignments: Assignments): Promise<void> {
    const { generation } = this;
    if (this.storing === generation) return;
    this.storing = generation;
    for (const { memberId, assignment } of assignments) {
      const member = this.members.get(memberId);
      // A copy: a view would keep the whole request.
      if (member !== undefined) member.assignment = Buffer.from(assignment);
    }
    await this.options.store(this.record());
    if (this.storing === generation) this.storing = undefined;
    if (this.generation !== generation || this.current !== 'CompletingRebalance') return;
    this.current = 'Stable';
    for (const member of this.members.all()) {
      member.answerSync({ kind: 'synced', assignment: member.assignment });
    }
  }

  private record(): GroupRecord {
    const { protocolType, generation, protocolName: protocol, leader } = this;
    const members = this.members.all().map((member) => member.toRecord(protocol));
    return { protocolType, generation, protocol, leader, members };
  }

  /** As it was when it was written down. Who is not heard of soon has gone meanwhile. */
  private restore({ protocolType, generation, protocol, leader, members }: GroupRecord): void {
    this.protocolType = protocolType;
    this.generation = generation;
    this.protocolName = protocol;
    this.leader = leader;
    this.current = 'Stable';
    for (const record of members) {
      const member = this.members.add(memberOptionsOf(record, protocol));
      member.assignment = record.assignment;
      // Clients are heard three times in a session at least.
      const { sessionTimeoutMs } = member;
      const waitMs = Math.max(this.options.restoredSessionMs, sessionTimeoutMs / 3);
      member.refreshSession(Math.min(sessionTimeoutMs, waitMs));
    }
  }

  private refuseWithoutRoom({ memberId, protocols }: JoinGroupRequest): KafkaError | undefined {
    const before = this.members.get(memberId)?.bytes ?? 0;
    const bytes = bytesOfProtocols(protocols) - before;
    if (this.bytes + bytes > this.options.maxMetadataBytes) return 'GROUP_MAX_SIZE_REACHED';
    // What other groups leave makes room: it may be tried again.
    const isNew = memberId === '' ? 1 : 0;
    return this.options.hasRoomInAll(isNew, bytes) ? undefined : 'COORDINATOR_NOT_AVAILABLE';
  }

  private hasRoomForAssignments(assignments: Assignments): boolean {
    const bytes = assignments.reduce((sum, { assignment }) => sum + assignment.length, 0);
    return bytes <= this.options.maxMetadataBytes && this.options.hasRoomInAll(0, bytes);
  }

  private removeMember(member: Member): void {
    this.members.remove(member, 'UNKNOWN_MEMBER_ID');
    if (this.current === 'Stable' || this.current === 'CompletingRebalance')
      this.prepareRebalance();
    this.completeIfAllJoined();
  }

  private forgetExpected(memberId: string): boolean {
    this.expected.get(memberId)?.();
    return this.expected.delete(memberId);
  }

  private memberOf({ generationId, memberId, groupInstanceId }: MemberClaim): Member | KafkaError {
    const fenced = this.members.checkInstance(memberId, groupInstanceId);
    if (fenced !== undefined) return fenced;
    const member = this.members.get(memberId);
    if (member === undefined) return 'UNKNOWN_MEMBER_ID';
    return generationId === this.generation ? member : 'ILLEGAL_GENERATION';
  }
}

function refused(error: KafkaError): Refused {
  return { kind: 'refused', error };
}
