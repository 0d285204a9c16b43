import {
  EVENT_TYPES_NODE,
  type EventTypeDefinition,
  parseRegistryChange,
  TallyError,
} from '@tally/contracts';
import { EventTypeHistory } from '@tally/counting';
import { keepTrying } from '@tally/resilience';
import { type Logger } from '@tally/service-kit';
import { VersionLog, type ZooKeeperSession } from '@tally/zookeeper';
import type { EventTypes } from '../counting/known-records.js';

const RETRY_MS = 200;

/** Every version of the event types, followed in ZooKeeper. */
export class EventTypeRegistry implements EventTypes {
  private readonly history = new EventTypeHistory();
  private readonly versions;

  constructor(
    session: ZooKeeperSession,
    private readonly logger: Logger,
  ) {
    this.versions = new VersionLog({
      session,
      path: EVENT_TYPES_NODE,
      parse: parseRegistryChange,
      onEntry: (version, change) => this.history.apply(version, change),
    }).start();
  }

  definition(project: string, type: string, registryVersion: number): EventTypeDefinition {
    return this.history.definition(project, type, registryVersion);
  }

  /**
   * A version is written before any block names it, so it is there: only this process may not know
   * it yet. Without it nothing is counted, for nobody may guess what the events mean.
   */
  async reach(registryVersion: number, signal: AbortSignal): Promise<void> {
    if (this.history.latestVersion >= registryVersion) return;
    const attempt = async () => {
      await this.versions.catchUp();
      if (this.history.latestVersion < registryVersion)
        throw new TallyError('unavailable', `version ${registryVersion} is not there`);
    };
    await keepTrying(attempt, {
      signal,
      retryMs: RETRY_MS,
      onFailure: (error) =>
        this.logger.warn({ error, registryVersion }, 'waiting for a version of the event types'),
    });
  }

  close(): Promise<void> {
    return this.versions.close();
  }
}
