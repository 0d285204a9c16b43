import type { SyncGroupRequest } from '@tally/kafka-wire';
import type { Clock } from './clock.js';
import { ExpectedMembers } from './expected-members.js';
import type { Generation } from './generation.js';
import type { GroupRecord } from './group-records.js';
import type { JoinResult, Member } from './member.js';
import type { Members } from './members.js';

export type GroupState = 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable';

/** Who gets what, as the leader says. */
export type Assignments = SyncGroupRequest['assignments'];

export interface RebalanceOptions {
  readonly clock: Clock;
  /** How long a group that was empty waits for more members before its first generation. */
  readonly initialDelayMs: number;
  /** Writes the group down, if it can; undefined: it has no members any more. */
  readonly store: (record: GroupRecord | undefined) => Promise<void>;
}

/**
 * How a group comes from one generation to the next.
 *
 *   Empty ─join→ PreparingRebalance ─all joined, or time is over→ CompletingRebalance
 *   CompletingRebalance ─the leader assigns→ Stable ─a member comes, goes or changes→ PreparingRebalance
 */
export class Rebalance {
  readonly expected: ExpectedMembers;
  private current: GroupState = 'Empty';
  private endPreparing: () => void = () => undefined;
  private waitsForMore = false;
  /** The generation whose assignments are on their way to the disk. */
  private storing: number | undefined;

  constructor(
    private readonly members: Members,
    private readonly generation: Generation,
    private readonly options: RebalanceOptions,
  ) {
    this.expected = new ExpectedMembers(options.clock, () => this.completeIfAllJoined());
  }

  get state(): GroupState {
    return this.current;
  }

  /** A group that was written down goes on with what its members have. */
  restore(): void {
    this.current = 'Stable';
  }

  /** Resolves when the member is in the next generation, or is told why not. */
  join(member: Member): Promise<JoinResult> {
    const joined = member.waitForJoin();
    if (this.current !== 'PreparingRebalance') this.prepare();
    this.completeIfAllJoined();
    return joined;
  }

  /** A member has gone: the others share what it had. */
  lost(): void {
    if (this.current === 'Stable' || this.current === 'CompletingRebalance') this.prepare();
    this.completeIfAllJoined();
  }

  completeIfAllJoined(): void {
    if (this.current !== 'PreparingRebalance' || this.waitsForMore) return;
    if (this.members.areAllJoining && this.expected.size === 0) this.completeJoin();
  }

  /** What the leader has decided: everybody learns it once it is written down. */
  async assign(assignments: Assignments): Promise<void> {
    const { number } = this.generation;
    if (this.storing === number) return;
    this.storing = number;
    for (const { memberId, assignment } of assignments) {
      const member = this.members.get(memberId);
      // A copy: a view would keep the whole request.
      if (member !== undefined) member.assignment = Buffer.from(assignment);
    }
    await this.options.store(this.generation.toRecord(this.members));
    if (this.storing === number) this.storing = undefined;
    if (this.generation.number !== number || this.current !== 'CompletingRebalance') return;
    this.current = 'Stable';
    for (const member of this.members.all()) {
      member.answerSync({ kind: 'synced', assignment: member.assignment });
    }
  }

  close(): void {
    this.endPreparing();
    this.expected.clear();
    this.current = 'Empty';
  }

  private prepare(): void {
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

  /** Begins a generation of those who have joined; the others are out. */
  private completeJoin(): void {
    this.endPreparing();
    for (const member of this.members.all()) {
      if (!member.isJoining) this.members.remove(member, 'UNKNOWN_MEMBER_ID');
    }
    this.generation.begin(this.members);
    if (this.members.size === 0) {
      this.current = 'Empty';
      void this.options.store(undefined);
      return;
    }
    this.current = 'CompletingRebalance';
    for (const member of this.members.all()) {
      member.assignment = Buffer.alloc(0);
      member.answerJoin(this.generation.joined(member, this.members));
    }
  }
}
