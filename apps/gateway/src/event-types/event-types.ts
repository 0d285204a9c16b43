import {
  EVENT_TYPES_NODE,
  type EventTypeDefinition,
  isSameDefinition,
  parseRegistryChange,
  type RegistryChange,
  TallyError,
} from '@tally/contracts';
import { EventTypeHistory, type VersionedDefinition } from '@tally/counting';
import type { InstallationWatch } from '@tally/discovery';
import { VersionLog, type ZooKeeperSession } from '@tally/zookeeper';

/** How often a change is tried again when others make theirs at the same time. */
const MAX_TRIES = 10;
/** How long a version waits for a shard that notes it; one that is there takes milliseconds. */
const KEEP_TIMEOUT_MS = 5000;

/** What all types mean in one version. */
export interface EventTypeSnapshot {
  readonly version: number;
  definition(project: string, type: string): EventTypeDefinition;
}

/**
 * The event types as ZooKeeper has them, followed; once read they are known without it. A version is
 * used when a shard has a durable copy of it: what a block names has to be known for ever.
 */
export class EventTypes {
  readonly history = new EventTypeHistory();
  private readonly log: VersionLog<RegistryChange>;

  constructor(
    session: ZooKeeperSession,
    private readonly installation: InstallationWatch,
  ) {
    this.log = new VersionLog({
      session,
      path: EVENT_TYPES_NODE,
      parse: parseRegistryChange,
      onEntry: (version, change) => this.history.apply(version, change),
    });
  }

  start(): this {
    this.log.start();
    return this;
  }

  close(): Promise<void> {
    return this.log.close();
  }

  /** TallyError `unavailable` until they were read once: until then any version would be a guess. */
  assertKnown(): void {
    const { kept } = this.installation.get();
    if (!this.log.isCaughtUp || this.history.latestVersion < kept.eventTypes)
      throw new TallyError('unavailable', 'the event types were not read from ZooKeeper yet');
  }

  /** TallyError `unavailable` until they were read once. */
  snapshot(): EventTypeSnapshot {
    this.assertKnown();
    const version = this.usableVersion;
    return {
      version,
      definition: (project, type) => this.history.definition(project, type, version),
    };
  }

  private get usableVersion(): number {
    return Math.min(this.history.latestVersion, this.installation.get().kept.eventTypes);
  }

  /**
   * Defines a type. The definition that is in force already makes no version. TallyError:
   * `unavailable` or `deadline_exceeded` without ZooKeeper, or when no shard notes it (then it may be
   * in force or not), `conflict` when others were always first.
   */
  async define(
    change: RegistryChange,
  ): Promise<VersionedDefinition & { readonly kind: 'new' | 'changed' | 'unchanged' }> {
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      await this.log.catchUp();
      this.assertKnown();
      await this.installation.confirm();
      const { project, type, definition } = change;
      const current = this.history.current(project, type);
      if (current !== undefined && isSameDefinition(current.definition, definition)) {
        await this.kept(current.version);
        return { ...current, kind: 'unchanged' };
      }
      const result = await this.log.append(change);
      if (result.kind === 'taken') continue;
      await this.log.catchUp();
      const { version } = result;
      await this.kept(version);
      return { version, definition, kind: current === undefined ? 'new' : 'changed' };
    }
    throw new TallyError('conflict', `others changed the event types ${MAX_TRIES} times meanwhile`);
  }

  private async kept(version: number): Promise<void> {
    const isKept = await this.installation.reaches(
      ({ kept }) => kept.eventTypes >= version,
      KEEP_TIMEOUT_MS,
    );
    if (!isKept)
      throw new TallyError(
        'unavailable',
        `no shard has noted version ${version} of the event types yet: it is in force as soon as one has`,
      );
  }
}
