import type { KafkaError } from '@tally/kafka-wire';
import { Group, type MemberClaim } from '../../src/groups/group.js';
import { FakeClock } from './fake-clock.js';

const PARTITIONS = [0, 1, 2, 3, 4];
const CLIENTS = 4;
const STEPS = 300;
const SESSION_MS = 3000;
const REBALANCE_MS = 5000;
/** Steps in which a group whose members behave has to come to rest. */
const STEPS_TO_REST = 200;

interface Commit {
  readonly claim: MemberClaim;
  readonly partition: number;
  readonly offset: number;
}

/** A consumer as the group sees it: it asks one thing at a time, and its commits take time to arrive. */
interface Consumer {
  memberId: string;
  readonly groupInstanceId: string | null;
  generationId: number;
  isWaiting: boolean;
  /** It has joined, and has to say or to learn who gets what. */
  members: readonly string[] | undefined;
  /** Next offset of the partitions that are its own. */
  readonly owned: Map<number, number>;
  /** Those on their way, the oldest first. */
  readonly commits: Commit[];
}

/** What may be taken away for a control. */
export interface TrialRules {
  readonly mayCommit: (group: Group, claim: MemberClaim) => KafkaError;
}

export const REAL_RULES: TrialRules = { mayCommit: (group, claim) => group.checkCommit(claim) };

/**
 * One group and consumers that join, leave, vanish, are late, assign and commit in an order that the seed
 * decides. Returns what went wrong, if anything: a partition that two own in one generation, a commit that
 * is lost to an older one, or a group that does not come to rest.
 */
export async function playGroupTrial(
  seed: number,
  rules = REAL_RULES,
): Promise<string | undefined> {
  const trial = new Trial(seed, rules);
  for (let step = 0; step < STEPS && trial.problem === undefined; step++) await trial.step();
  await trial.comeToRest();
  return trial.problem;
}

class Trial {
  problem: string | undefined;
  private readonly clock = new FakeClock();
  private readonly group: Group;
  private readonly consumers: Consumer[];
  /** Commits on their way, by who sent them, also of those that are not there any more. */
  private readonly sent: Commit[][];
  private readonly committed = new Map<number, number>();
  /** Who owns what, by generation and partition: a name that outlives its process, or the member. */
  private readonly owners = new Map<string, string>();
  private lastId = 0;

  constructor(
    private state: number,
    private readonly rules: TrialRules,
  ) {
    this.consumers = Array.from({ length: CLIENTS }, (_, index) => newConsumer(nameOf(index)));
    this.sent = this.consumers.map(({ commits }) => commits);
    this.group = new Group({
      clock: this.clock,
      initialDelayMs: 100,
      maxMembers: 100,
      maxMetadataBytes: 100_000,
      newMemberId: () => `m${++this.lastId}`,
      hasRoomInAll: () => true,
      // The disk takes its time.
      store: () => new Promise((resolve) => this.clock.after(this.below(300), resolve)),
      restoredSessionMs: SESSION_MS,
    });
  }

  async step(): Promise<void> {
    const index = this.below(CLIENTS);
    const consumer = this.consumers[index] ?? newConsumer(null);
    const what = this.below(40);
    if (what === 0) this.vanish(consumer, index);
    else if (what === 1) this.leave(consumer);
    else if (what === 2) this.clock.advance(SESSION_MS);
    else if (what <= 10) this.clock.advance(this.below(SESSION_MS / 10));
    else if (what <= 14) this.deliver(this.below(this.sent.length));
    else if (what <= 18) this.consume(consumer);
    else this.goOn(consumer);
    await settled();
  }

  /** Nobody comes or goes any more, and all do what a consumer has to. */
  async comeToRest(): Promise<void> {
    for (let step = 0; step < STEPS_TO_REST && this.problem === undefined; step++) {
      for (const sender of this.sent.keys()) this.deliver(sender);
      for (const consumer of this.consumers) this.goOn(consumer);
      this.clock.advance(SESSION_MS / 10);
      await settled();
      const owned = this.consumers.flatMap(({ owned: mine }) => [...mine.keys()]);
      const isShared = owned.toSorted((a, b) => a - b).join() === PARTITIONS.join();
      if (this.group.state === 'Stable' && isShared) return;
    }
    this.problem ??= `it is stuck in ${this.group.state}`;
  }

  /** What a consumer does next: it joins, assigns, or says that it is there. */
  private goOn(consumer: Consumer): void {
    if (consumer.isWaiting) return;
    if (consumer.members !== undefined) void this.sync(consumer, consumer.members);
    else if (consumer.generationId < 0) void this.join(consumer);
    else if (this.group.heartbeat(claimOf(consumer)) !== 'NONE') this.lose(consumer);
  }

  private async join(consumer: Consumer): Promise<void> {
    consumer.isWaiting = true;
    const { memberId, groupInstanceId } = consumer;
    const request = {
      groupId: 'g',
      sessionTimeoutMs: SESSION_MS,
      rebalanceTimeoutMs: REBALANCE_MS,
      memberId,
      groupInstanceId,
      protocolType: 'consumer',
      protocols: [{ name: 'range', metadata: Buffer.from('r') }],
      canRejoinWithId: true,
    };
    const result = await this.group.join(request, { clientId: 'c', clientHost: 'h' });
    consumer.isWaiting = false;
    if (result.kind === 'refused') {
      consumer.memberId = result.memberId ?? '';
      return;
    }
    const { response } = result;
    consumer.memberId = response.memberId;
    consumer.generationId = response.generationId;
    consumer.members = response.members.map((member) => member.memberId);
  }

  private async sync(consumer: Consumer, members: readonly string[]): Promise<void> {
    consumer.isWaiting = true;
    const assignments = members.map((memberId, place) => ({
      memberId,
      assignment: Buffer.from(PARTITIONS.filter((one) => one % members.length === place)),
    }));
    const result = await this.group.sync(claimOf(consumer), assignments);
    consumer.isWaiting = false;
    consumer.members = undefined;
    if (result.kind === 'refused') return this.lose(consumer);
    for (const partition of result.assignment) {
      const key = `${consumer.generationId} ${partition}`;
      const name = consumer.groupInstanceId ?? consumer.memberId;
      const owner = this.owners.get(key) ?? name;
      this.owners.set(key, owner);
      if (owner !== name) this.problem ??= `${owner} and ${name} own ${key}`;
      consumer.owned.set(partition, this.committed.get(partition) ?? 0);
    }
  }

  private consume(consumer: Consumer): void {
    for (const [partition, offset] of consumer.owned) {
      consumer.owned.set(partition, offset + 1);
      consumer.commits.push({ claim: claimOf(consumer), partition, offset: offset + 1 });
    }
  }

  /** The oldest commit that is on its way arrives, whatever became of who sent it. */
  private deliver(sender: number): void {
    const commit = this.sent[sender]?.shift();
    if (commit === undefined) return;
    const error = this.rules.mayCommit(this.group, commit.claim);
    if (error !== 'NONE') return;
    const { partition, offset } = commit;
    const before = this.committed.get(partition) ?? 0;
    if (offset < before) this.problem ??= `${offset} of ${partition} replaced ${before}`;
    this.committed.set(partition, offset);
  }

  private leave(consumer: Consumer): void {
    if (consumer.isWaiting || consumer.memberId === '') return;
    this.group.leave(consumer.memberId, consumer.groupInstanceId);
    this.lose(consumer);
  }

  /** Its process ends, and another one starts in its place. */
  private vanish({ groupInstanceId }: Consumer, index: number): void {
    const next = newConsumer(groupInstanceId);
    this.consumers[index] = next;
    this.sent.push(next.commits);
  }

  /** It joins again, as the member that it was or as a new one. */
  private lose(consumer: Consumer): void {
    consumer.generationId = -1;
    consumer.owned.clear();
  }

  private below(limit: number): number {
    this.state = (Math.imul(this.state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((this.state / 2 ** 32) * limit);
  }
}

/** Half of them have names that outlive their processes. */
const nameOf = (index: number) => (index % 2 === 0 ? null : `static-${index}`);

const newConsumer = (groupInstanceId: string | null): Consumer => ({
  memberId: '',
  groupInstanceId,
  generationId: -1,
  isWaiting: false,
  members: undefined,
  owned: new Map(),
  commits: [],
});

const claimOf = ({ memberId, generationId, groupInstanceId }: Consumer): MemberClaim => ({
  memberId,
  generationId,
  groupInstanceId,
});

/** All that follows from what happened has happened. */
const settled = () => new Promise((resolve) => setImmediate(resolve));
