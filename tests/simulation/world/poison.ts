import { CURRENT_SCHEMA_ID, encodeBlockHeader } from '@tally/contracts';
import { entryOfId } from './simulated-clients.js';

/** A version of the registry that comes later than the blocks that name it; odd: it splits the counters. */
export const LATE_VERSION = 1_000_001;

/** A block of one event, whose subject is its id, that names a version that nobody knows yet. */
export function lateBlockOf(id: string): Buffer {
  const header = {
    schemaId: CURRENT_SCHEMA_ID,
    registryVersion: LATE_VERSION,
    count: 1,
    notAfterMs: undefined,
    catalogPosition: 0n,
  };
  return Buffer.concat([encodeBlockHeader(header), entryOfId(id)]);
}
