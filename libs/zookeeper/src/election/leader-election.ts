import { randomUUID } from 'node:crypto';
import { Backoff, CoalescedTask } from '@tally/resilience';
import { Listeners, type Unsubscribe } from '../listeners.js';
import { assertNodeName } from '../session/paths.js';
import type { ZooKeeperSession } from '../session/zookeeper-session.js';
import { predecessorOf } from './candidates.js';

/** Which election, and who stands in it. */
export interface LeaderElectionOptions {
  readonly session: ZooKeeperSession;
  /** Which election; its candidates are the children of `/elections/<name>`. */
  readonly name: string;
  /** Who stands, for people who look: usually the instance id. */
  readonly candidate: string;
}

interface Candidacy {
  readonly name: string;
  readonly generation: number;
  readonly unwatch: Unsubscribe;
}

/**
 * Nobody stands in an election yet: the controller of a log of several nodes will.
 *
 * Elects at most one leader among those who stand (ZooKeeper recipe "Leader Election": ephemeral
 * sequential nodes, each candidate watches the one before it, so a leader's end wakes one alone).
 *
 * Leadership ends here no later than ZooKeeper may give it to another: with the session, which is
 * given up locally before its timeout can have passed on the server. Still, **election alone is not
 * a lock**: a write that was on its way arrives when it arrives, and a process may be frozen between
 * asking `isLeader` and acting. State that only the leader may change must live in one node with its
 * epoch inside and be changed by set-with-version (ConfigNode), or at a store that refuses old epochs.
 */
export class LeaderElection {
  private readonly path: string;
  /** Unique per object, so that what an old session of ours left behind is known as ours. */
  private readonly prefix = `${randomUUID()}_`;
  private readonly elected = new Listeners<void>();
  private readonly lost = new Listeners<void>();
  private readonly unsubscribe: Unsubscribe;
  private task: CoalescedTask | undefined;
  private candidacy: Candidacy | undefined;
  private predecessor: { readonly name: string; readonly unwatch: Unsubscribe } | undefined;
  private leads = false;

  constructor(private readonly options: LeaderElectionOptions) {
    this.path = `/elections/${assertNodeName(options.name)}`;
    this.unsubscribe = options.session.onState((state) => {
      if (state === 'lost' || state === 'closed') this.withdraw();
      if (state === 'connected') this.task?.kick();
      if (state === 'closed') this.unsubscribe();
    });
  }

  /** Asks the clock too: false at the instant at which another may be elected, timers or not. */
  get isLeader(): boolean {
    const { candidacy, leads } = this;
    return leads && candidacy !== undefined && this.options.session.isAlive(candidacy.generation);
  }

  onElected(listener: () => void): Unsubscribe {
    return this.elected.add(listener);
  }

  /** Stop at once what only a leader may do. */
  onLost(listener: () => void): Unsubscribe {
    return this.lost.add(listener);
  }

  /** Stands, again after every lost session, until `resign`. */
  stand(): void {
    if (this.task !== undefined) return;
    const { logger, random } = this.options.session;
    this.task = new CoalescedTask(() => this.evaluate(), {
      backoff: new Backoff({ firstMs: 100, maxMs: 2000, random }),
      onFailure: (error, retryMs) =>
        logger.warn({ error, path: this.path, retryMs }, 'the election could not be read'),
    });
    this.task.kick();
  }

  /**
   * Gives up leadership and candidacy: `onLost` is told before another can be elected. TallyError
   * when the node's deletion was not confirmed; it then goes with the session.
   */
  async resign(): Promise<void> {
    const { task } = this;
    this.task = undefined;
    this.withdraw();
    await task?.stop();
    this.withdraw();
    if (task !== undefined) await this.removeOwn(await this.options.session.children(this.path));
  }

  private async evaluate(): Promise<void> {
    const { session } = this.options;
    // Without a connection nothing can be decided; the next one kicks.
    if (session.state !== 'connected') return;
    const candidacy = this.candidacy ?? (await this.enter());
    if (candidacy === undefined) return;
    const names = await session.children(this.path);
    // The session may have changed while we waited.
    if (candidacy !== this.candidacy) return this.task?.kick();
    await this.removeOwn(names.filter((name) => name !== candidacy.name));
    const before = predecessorOf(names, candidacy.name);
    switch (before.kind) {
      case 'not_listed':
        // Somebody deleted our node: stand again.
        this.withdraw();
        return this.task?.kick();
      case 'first':
        return this.lead(candidacy);
      case 'after':
        return this.follow(before.name);
    }
  }

  private async enter(): Promise<Candidacy | undefined> {
    const { session, candidate } = this.options;
    // A create that timed out may have succeeded; a node of ours that nobody minds would block all.
    await this.removeOwn(await session.children(this.path));
    const data = Buffer.from(JSON.stringify({ candidate }));
    const created = await session.create(`${this.path}/${this.prefix}`, data, {
      ephemeral: true,
      sequential: true,
    });
    if (created.kind !== 'created' || this.task === undefined) return undefined;
    const { generation, path } = created;
    if (!session.isAlive(generation)) {
      this.task.kick();
      return undefined;
    }
    const unwatch = session.watchData(path, (node) => {
      if (node === undefined) this.task?.kick();
    });
    this.candidacy = { name: path.slice(this.path.length + 1), generation, unwatch };
    return this.candidacy;
  }

  private lead(candidacy: Candidacy): void {
    const { session, name, candidate } = this.options;
    this.watchPredecessor(undefined);
    if (this.leads || this.candidacy !== candidacy || !session.isAlive(candidacy.generation))
      return;
    this.leads = true;
    session.logger.info({ election: name, candidate, node: candidacy.name }, 'elected');
    this.elected.emit();
  }

  private follow(name: string): void {
    // Cannot happen to a leader unless its node was deleted and made again under the same number.
    this.loseLeadership();
    this.watchPredecessor(name);
  }

  private watchPredecessor(name: string | undefined): void {
    if (this.predecessor?.name === name) return;
    this.predecessor?.unwatch();
    this.predecessor = undefined;
    if (name === undefined) return;
    const unwatch = this.options.session.watchData(`${this.path}/${name}`, (node) => {
      if (node === undefined) this.task?.kick();
    });
    this.predecessor = { name, unwatch };
  }

  private withdraw(): void {
    this.loseLeadership();
    this.watchPredecessor(undefined);
    this.candidacy?.unwatch();
    this.candidacy = undefined;
  }

  private loseLeadership(): void {
    if (!this.leads) return;
    this.leads = false;
    const { session, name, candidate } = this.options;
    session.logger.info({ election: name, candidate }, 'leadership lost');
    this.lost.emit();
  }

  /** Nodes of ours that are not our candidacy: of earlier sessions, or of unanswered creations. */
  private async removeOwn(names: readonly string[]): Promise<void> {
    for (const name of names) {
      if (name.startsWith(this.prefix)) await this.options.session.delete(`${this.path}/${name}`);
    }
  }
}
