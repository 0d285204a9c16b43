import type { JoinGroupRequest } from '@tally/kafka-wire';
import type { Generation } from './generation.js';
import { refuseWithoutRoom, type GroupRoom } from './group-room.js';
import { refused, type JoinResult, type Member, type MemberOptions } from './member.js';
import type { Members } from './members.js';
import { copyProtocols, sharesProtocol } from './protocols.js';
import type { Rebalance, RebalanceOptions } from './rebalance.js';

export interface JoiningOptions extends GroupRoom, Pick<RebalanceOptions, 'store'> {
  readonly maxMembers: number;
  readonly newMemberId: (clientId: string) => string;
}

/** Who joins, apart from what it says itself. */
export type JoiningClient = Pick<MemberOptions, 'clientId' | 'clientHost'>;

/** How a client becomes a member of a group, or comes back to it. */
export class Joining {
  constructor(
    private readonly members: Members,
    private readonly generation: Generation,
    private readonly rebalance: Rebalance,
    private readonly options: JoiningOptions,
  ) {}

  join(request: JoinGroupRequest, client: JoiningClient): Promise<JoinResult> | JoinResult {
    if (!this.acceptsProtocols(request)) return refused('INCONSISTENT_GROUP_PROTOCOL');
    const full = refuseWithoutRoom(request, this.members, this.options);
    if (full !== undefined) return refused(full);
    const { memberId, groupInstanceId } = request;
    if (memberId === '') return this.joinAsNew(request, client);
    const fenced = this.members.checkInstance(memberId, groupInstanceId);
    if (fenced !== undefined) return refused(fenced);
    if (this.rebalance.expected.take(memberId)) return this.addMember(memberId, request, client);
    const member = this.members.get(memberId);
    return member === undefined ? refused('UNKNOWN_MEMBER_ID') : this.rejoin(member, request);
  }

  private acceptsProtocols({ protocolType, protocols }: JoinGroupRequest): boolean {
    if (protocolType === '' || protocols.length === 0) return false;
    if (this.members.size === 0) return true;
    const isSameType = protocolType === this.generation.protocolType;
    return isSameType && sharesProtocol(protocols, this.members.all());
  }

  private joinAsNew(
    request: JoinGroupRequest,
    client: JoiningClient,
  ): Promise<JoinResult> | JoinResult {
    const { groupInstanceId, canRejoinWithId, sessionTimeoutMs } = request;
    const { expected } = this.rebalance;
    const id = this.options.newMemberId(client.clientId);
    const predecessor = this.members.ofInstance(groupInstanceId);
    if (predecessor !== undefined) return this.succeed(predecessor, id, request, client);
    if (this.members.size + expected.size >= this.options.maxMembers) {
      return refused('GROUP_MAX_SIZE_REACHED');
    }
    if (!canRejoinWithId || groupInstanceId !== null) return this.addMember(id, request, client);
    expected.add(id, sessionTimeoutMs);
    return { kind: 'refused', error: 'MEMBER_ID_REQUIRED', memberId: id };
  }

  /**
   * The same static member in a new process: the old one is out. In a stable group the new one gets
   * its assignment without a rebalance, when it says the same of itself.
   */
  private async succeed(
    predecessor: Member,
    id: string,
    request: JoinGroupRequest,
    client: JoiningClient,
  ): Promise<JoinResult> {
    const { members, generation, rebalance } = this;
    const { number, leader, protocolName } = generation;
    members.remove(predecessor, 'FENCED_INSTANCE_ID');
    const said = request.protocols.find(({ name }) => name === protocolName);
    const saysTheSame = said?.metadata.equals(predecessor.metadataFor(protocolName)) === true;
    if (rebalance.state !== 'Stable' || !saysTheSame) return this.addMember(id, request, client);
    const member = this.newMember(id, request, client);
    member.assignment = predecessor.assignment;
    member.refreshSession();
    if (leader === predecessor.id) generation.leader = id;
    await this.options.store(generation.toRecord(members));
    if (members.get(id) !== member) return refused('UNKNOWN_MEMBER_ID');
    const isStable = rebalance.state === 'Stable' && generation.number === number;
    if (!isStable) return rebalance.join(member);
    // It is told the leader of before, even if that was itself: there is nothing to assign.
    const { response } = generation.joined(member, members);
    return { kind: 'joined', response: { ...response, leader, members: [] } };
  }

  private addMember(
    id: string,
    request: JoinGroupRequest,
    client: JoiningClient,
  ): Promise<JoinResult> {
    this.generation.protocolType = request.protocolType;
    return this.rebalance.join(this.newMember(id, request, client));
  }

  private newMember(id: string, request: JoinGroupRequest, client: JoiningClient): Member {
    const { groupInstanceId, sessionTimeoutMs, rebalanceTimeoutMs } = request;
    const protocols = copyProtocols(request.protocols);
    return this.members.add({
      id,
      groupInstanceId,
      ...client,
      sessionTimeoutMs,
      rebalanceTimeoutMs,
      protocols,
    });
  }

  private rejoin(member: Member, request: JoinGroupRequest): Promise<JoinResult> | JoinResult {
    const { state } = this.rebalance;
    const hasChanged = !member.hasSameProtocols(request.protocols);
    const { sessionTimeoutMs, rebalanceTimeoutMs } = request;
    const protocols = copyProtocols(request.protocols);
    member.update({ sessionTimeoutMs, rebalanceTimeoutMs, protocols });
    const isLeader = member.id === this.generation.leader;
    const isAnswerLost = state === 'CompletingRebalance' && !hasChanged;
    const isUpToDate = state === 'Stable' && !hasChanged && !isLeader;
    if (!isAnswerLost && !isUpToDate) return this.rebalance.join(member);
    member.refreshSession();
    return this.generation.joined(member, this.members);
  }
}
