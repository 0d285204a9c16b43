import type { GroupRecord } from './group-records.js';
import type { JoinResult, Member } from './member.js';
import type { Members } from './members.js';
import { chooseProtocol } from './protocols.js';

/** What the members of a group have agreed on: it holds until the next generation begins. */
export class Generation {
  number = 0;
  /** What kind of clients they are, e.g. `consumer`. */
  protocolType = '';
  protocolName = '';
  /** Id of the member that is told of all and assigns. */
  leader = '';

  /** The next one, of all that are members now. The leader stays if it is one of them. */
  begin(members: Members): void {
    this.number += 1;
    const all = members.all();
    if (all.length === 0) {
      this.leader = '';
      return;
    }
    this.protocolName = chooseProtocol(all);
    if (members.get(this.leader) === undefined) this.leader = all[0]?.id ?? '';
  }

  /** What a member learns when it has joined; the leader learns who the others are. */
  joined({ id }: Member, members: Members): Extract<JoinResult, { kind: 'joined' }> {
    const all = id === this.leader ? members.all() : [];
    return {
      kind: 'joined',
      response: {
        errorCode: 0,
        generationId: this.number,
        protocolName: this.protocolName,
        leader: this.leader,
        memberId: id,
        members: all.map((member) => ({
          memberId: member.id,
          groupInstanceId: member.groupInstanceId,
          metadata: member.metadataFor(this.protocolName),
        })),
      },
    };
  }

  toRecord(members: Members): GroupRecord {
    const { protocolType, number: generation, protocolName: protocol, leader } = this;
    const records = members.all().map((member) => member.toRecord(protocol));
    return { protocolType, generation, protocol, leader, members: records };
  }

  /** As it was when it was written down. */
  restore({ protocolType, generation, protocol, leader }: GroupRecord): void {
    this.protocolType = protocolType;
    this.number = generation;
    this.protocolName = protocol;
    this.leader = leader;
  }
}
