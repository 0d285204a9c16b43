import type { KafkaError } from '@tally/kafka-wire';
import type { Clock } from './clock.js';
import { Member, type MemberOptions } from './member.js';

/** The members of a group, in the order in which they came. */
export class Members {
  private readonly byId = new Map<string, Member>();
  /** Ids by the names that static members give themselves (KIP-345). */
  private readonly instances = new Map<string, string>();

  constructor(
    private readonly clock: Clock,
    private readonly onExpired: (member: Member) => void,
  ) {}

  get size(): number {
    return this.byId.size;
  }

  get areAllJoining(): boolean {
    return this.all().every((member) => member.isJoining);
  }

  all(): readonly Member[] {
    return [...this.byId.values()];
  }

  get(id: string): Member | undefined {
    return this.byId.get(id);
  }

  ofInstance(name: string | null): Member | undefined {
    const id = name === null ? undefined : this.instances.get(name);
    return id === undefined ? undefined : this.byId.get(id);
  }

  add(options: MemberOptions): Member {
    const { id, groupInstanceId } = options;
    const member = new Member(options, this.clock, this.onExpired);
    this.byId.set(id, member);
    if (groupInstanceId !== null) this.instances.set(groupInstanceId, id);
    return member;
  }

  /** It is no member any more; whatever it waits for is answered with the error. */
  remove(member: Member, error: KafkaError): void {
    const { id, groupInstanceId } = member;
    this.byId.delete(id);
    if (groupInstanceId !== null && this.instances.get(groupInstanceId) === id) {
      this.instances.delete(groupInstanceId);
    }
    member.remove(error);
  }

  /** Why somebody cannot be the static member that it says; undefined: it is, or it says nothing. */
  checkInstance(memberId: string, name: string | null): KafkaError | undefined {
    if (name === null) return undefined;
    const owner = this.instances.get(name);
    if (owner === undefined) return 'UNKNOWN_MEMBER_ID';
    return owner === memberId ? undefined : 'FENCED_INSTANCE_ID';
  }

  /** What keeping them costs, about. */
  get bytes(): number {
    let sum = 0;
    for (const { bytes } of this.byId.values()) sum += bytes;
    return sum;
  }
}
