import type { EventTypeDefinition } from '@tally/contracts';
import { readBlock, type BlockRecord } from '@tally/counting';
import type { ReadRecord } from '@tally/log-client';

/** What the registry said at each version. */
export interface EventTypes {
  definition(project: string, type: string, registryVersion: number): EventTypeDefinition;
  /** Resolves when that version is known here; a block may be faster than ZooKeeper's watch. */
  reach(registryVersion: number, signal: AbortSignal): Promise<void>;
}

/**
 * Records as a counting run takes them: the header of each read once, and the version of the registry
 * that it names known here. undefined when the signal was aborted meanwhile.
 */
export async function knownRecords(
  records: readonly ReadRecord[],
  eventTypes: EventTypes,
  signal: AbortSignal,
): Promise<BlockRecord[] | undefined> {
  const read = records.map(readBlock);
  for (const { block } of read)
    if (block.kind === 'block') await eventTypes.reach(block.registryVersion, signal);
  return signal.aborted ? undefined : read;
}
