import {
  EVENT_TYPES_NODE,
  type EventTypeDefinition,
  parseRegistryChange,
  TallyError,
} from '@tally/contracts';
import { EventTypeHistory } from '@tally/counting';
import type { InstallationWatch } from '@tally/discovery';
import { keepTrying } from '@tally/resilience';
import { type Logger } from '@tally/service-kit';
import { VersionLog, type ZooKeeperSession } from '@tally/zookeeper';
import type { EventTypes } from './event-types.js';

const RETRY_MS = 200;

/** How long a version is looked for, and who is told. */
export interface EventTypeRegistryOptions {
  readonly session: ZooKeeperSession;
  /** Without it in ZooKeeper nobody can say that a version is not there. */
  readonly installation: Pick<InstallationWatch, 'confirm'>;
  readonly logger: Logger;
  /** Time for which ZooKeeper has to answer without a version until it is not there. */
  readonly versionWaitMs: number;
}

/** Every version of the event types, followed in ZooKeeper. */
export class EventTypeRegistry implements EventTypes {
  private readonly history = new EventTypeHistory();
  private readonly versions;

  constructor(private readonly options: EventTypeRegistryOptions) {
    this.versions = new VersionLog({
      session: options.session,
      path: EVENT_TYPES_NODE,
      parse: parseRegistryChange,
      onEntry: (version, change) => this.history.apply(version, change),
    }).start();
  }

  definition(project: string, type: string, registryVersion: number): EventTypeDefinition {
    return this.history.definition(project, type, registryVersion);
  }

  knowsVersion(registryVersion: number): boolean {
    return registryVersion <= this.history.latestVersion;
  }

  /**
   * A version is written before any block of ours names it; a server of ZooKeeper may be behind for a
   * moment. While ZooKeeper does not answer, or came back empty, nobody can say whether there is one,
   * so that time does not count.
   */
  async reach(
    registryVersion: number,
    signal: AbortSignal,
    { isOneLook } = { isOneLook: false },
  ): Promise<boolean | undefined> {
    const { installation, logger, versionWaitMs } = this.options;
    let answers = isOneLook ? 1 : Math.ceil(versionWaitMs / RETRY_MS);
    const attempt = async () => {
      await this.versions.catchUp();
      if (this.knowsVersion(registryVersion)) return true;
      await installation.confirm();
      answers -= 1;
      if (answers <= 0) return false;
      throw new TallyError('unavailable', `version ${registryVersion} is not there`);
    };
    return keepTrying(attempt, {
      signal,
      retryMs: RETRY_MS,
      onFailure: (error) =>
        logger.warn({ error, registryVersion }, 'waiting for a version of the event types'),
    });
  }

  close(): Promise<void> {
    return this.versions.close();
  }
}
