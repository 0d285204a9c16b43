import type { CatalogFields } from '@tally/contracts';

/** What is known of subjects, as the log of a catalogue has it, up to where it was read. */
export interface Catalog {
  /** Whether all below that position is known here, so that `fields` has an answer. */
  reaches(position: bigint): boolean;
  /**
   * What the last record of the subject below the position says. undefined: there is none, or it was
   * deleted. RangeError for a position that is not reached: a guess would count otherwise than another
   * reader does.
   */
  fields(project: string, subject: string, position: bigint): CatalogFields | undefined;
}
