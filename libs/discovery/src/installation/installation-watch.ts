import { TallyError } from '@tally/contracts';
import { INSTALLATION_NODE, parseInstallation, type Installation } from '@tally/placement';
import { within } from '@tally/resilience';
import { ConfigNode, type Unsubscribe, type ZooKeeperSession } from '@tally/zookeeper';

/** What follows an installation, and what it is told. */
export interface InstallationWatchOptions {
  readonly session: ZooKeeperSession;
  /** ZooKeeper names another installation than before: what this process knows is of the first one. */
  readonly onOther: (error: Error) => void;
}

/**
 * The installation that this process belongs to: the first that ZooKeeper named. A ZooKeeper that
 * comes back empty takes nothing away: what is known stays in force, as while ZooKeeper is away, and
 * nothing is made anew (`confirm`). ADR 18.
 */
export class InstallationWatch {
  private readonly node: ConfigNode<Installation>;
  private readonly unwatch: Unsubscribe;
  private readonly waiting = new Set<() => void>();
  private known: Installation | undefined;
  private problem: string | undefined = 'the installation was not read from ZooKeeper yet';

  constructor(private readonly options: InstallationWatchOptions) {
    const { session } = options;
    this.node = new ConfigNode({ session, path: INSTALLATION_NODE, parse: parseInstallation });
    this.unwatch = this.node.watch((current) => this.learn(current?.value));
  }

  /** As it was last seen. TallyError `unavailable` with the reason as long as none was. */
  get(): Installation {
    if (this.known === undefined) throw new TallyError('unavailable', this.problem ?? 'unknown');
    return this.known;
  }

  /** TallyError `unavailable` with the reason when ZooKeeper did not have it when it last changed. */
  assertThere(): void {
    if (this.problem !== undefined) throw new TallyError('unavailable', this.problem);
  }

  /** As `assertThere`, for who makes something: looks into ZooKeeper now. TallyError also without it. */
  async confirm(): Promise<void> {
    this.learn((await this.node.read())?.value);
    this.assertThere();
  }

  /** Whether it, or a later state, meets the condition within this time. */
  async reaches(
    condition: (installation: Installation) => boolean,
    timeoutMs: number,
  ): Promise<boolean> {
    const isMet = () => this.known !== undefined && condition(this.known);
    let look = (): void => undefined;
    const met = new Promise<void>((resolve) => {
      look = () => (isMet() ? resolve() : undefined);
      this.waiting.add(look);
      look();
    });
    await within(timeoutMs, met);
    this.waiting.delete(look);
    return isMet();
  }

  close(): void {
    this.unwatch();
  }

  private learn(current: Installation | undefined): void {
    const { known } = this;
    if (current === undefined) {
      this.problem =
        known === undefined
          ? 'ZooKeeper names no installation: a new system gets one as soon as all its shards ' +
            'answer; if this one is not new, ZooKeeper came back empty, see tools/installation show'
          : `ZooKeeper is empty, but this process belongs to installation ${known.id}: restore it ` +
            'with tools/installation restore, or point TALLY_ZOOKEEPER at the right one';
      return;
    }
    if (known !== undefined && current.id !== known.id) {
      this.problem = `ZooKeeper belongs to installation ${current.id}, and this process to ${known.id}`;
      this.options.onOther(new Error(this.problem));
      return;
    }
    this.problem = undefined;
    this.known = withoutStepBack(known, current);
    for (const look of this.waiting) look();
  }
}

/** A ZooKeeper that is restored to an older state undefines no event type that was in force. */
function withoutStepBack(known: Installation | undefined, current: Installation): Installation {
  const { id, kept } = current;
  const eventTypes = Math.max(kept.eventTypes, known?.kept.eventTypes ?? 0);
  return { id, kept: { ...kept, eventTypes } };
}
