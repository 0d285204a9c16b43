import { setTimeout as delay } from 'node:timers/promises';
import type { EventTypeDefinition } from '@tally/contracts';
import { EventTypeHistory, parseRegistryChange } from '@tally/counting';
import { VersionLog, type ZooKeeperSession } from '@tally/discovery';
import { TallyError, type Logger } from '@tally/service-kit';
import type { EventTypes } from '../counting/counting-run.js';

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
      path: '/event-types/versions',
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
    while (this.history.latestVersion < registryVersion && !signal.aborted) {
      try {
        await this.versions.catchUp();
      } catch (error) {
        if (!(error instanceof TallyError)) throw error;
        this.logger.warn({ error, registryVersion }, 'waiting for a version of the event types');
      }
      if (this.history.latestVersion < registryVersion)
        await delay(RETRY_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  close(): Promise<void> {
    return this.versions.close();
  }
}
