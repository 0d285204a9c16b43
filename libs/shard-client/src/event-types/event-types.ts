import type { EventTypeDefinition } from '@tally/contracts';

/** What the registry said at each version. */
export interface EventTypes {
  definition(project: string, type: string, registryVersion: number): EventTypeDefinition;
  /** Whether that version is known here; a block may be faster than ZooKeeper's watch. */
  knowsVersion(registryVersion: number): boolean;
  /**
   * Resolves with true when the version is known here, and with false when ZooKeeper does not have it
   * for some time, or for one look; undefined: the signal was aborted.
   */
  reach(
    registryVersion: number,
    signal: AbortSignal,
    how?: { readonly isOneLook: boolean },
  ): Promise<boolean | undefined>;
}
