import { MAX_CATALOG_ENTRY_BYTES } from '@tally/contracts';

/** What the catalogue may add to the names of a record's series, at most, in bytes. */
export function enrichedBytes(catalogPosition: bigint, events: number): number {
  return catalogPosition === 0n ? 0 : events * MAX_CATALOG_ENTRY_BYTES;
}
