import {
  EVENT_TYPES_NODE,
  type EventTypeDefinition,
  isSameDefinition,
  parseRegistryChange,
  type RegistryChange,
  TallyError,
} from '@tally/contracts';
import { EventTypeHistory, type VersionedDefinition } from '@tally/counting';
import { VersionLog, type ZooKeeperSession } from '@tally/zookeeper';

/** How often a change is tried again when others make theirs at the same time. */
const MAX_TRIES = 10;

/** What all types mean in one version. */
export interface EventTypeSnapshot {
  readonly version: number;
  definition(project: string, type: string): EventTypeDefinition;
}

/** The event types as ZooKeeper has them, followed; once read they are known without it. */
export class EventTypes {
  readonly history = new EventTypeHistory();
  private readonly log: VersionLog<RegistryChange>;

  constructor(session: ZooKeeperSession) {
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
    if (!this.log.isCaughtUp)
      throw new TallyError('unavailable', 'the event types were not read from ZooKeeper yet');
  }

  /** TallyError `unavailable` until they were read once. */
  snapshot(): EventTypeSnapshot {
    this.assertKnown();
    const version = this.history.latestVersion;
    return {
      version,
      definition: (project, type) => this.history.definition(project, type, version),
    };
  }

  /**
   * Defines a type. The definition that is in force already makes no version. TallyError:
   * `unavailable` or `deadline_exceeded` without ZooKeeper (then it may be in force or not),
   * `conflict` when others were always first.
   */
  async define(
    change: RegistryChange,
  ): Promise<VersionedDefinition & { readonly kind: 'new' | 'changed' | 'unchanged' }> {
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      await this.log.catchUp();
      const { project, type, definition } = change;
      const current = this.history.current(project, type);
      if (current !== undefined && isSameDefinition(current.definition, definition))
        return { ...current, kind: 'unchanged' };
      const result = await this.log.append(change);
      if (result.kind === 'taken') continue;
      await this.log.catchUp();
      const { version } = result;
      return { version, definition, kind: current === undefined ? 'new' : 'changed' };
    }
    throw new TallyError('conflict', `others changed the event types ${MAX_TRIES} times meanwhile`);
  }
}
