import type { MappingOptions } from './mapping.js';
import type { Reading } from './reading.js';

/** How records become events. */
export interface FormatOptions extends MappingOptions {
  /** What --format says; undefined: seen from the first lines. */
  readonly format: string | undefined;
  /** Whether `?…` of a logged path belongs to the subject. */
  readonly keepQuery: boolean;
}

/** A kind of file whose records are lines. */
export interface LineFormat {
  /** As --format names it. */
  readonly name: string;
  /** As people know it. */
  readonly title: string;
  /** Whether this line can be of no other format, also when it says no event; --map makes any JSON NDJSON. */
  recognises(line: string, options: Pick<MappingOptions, 'mapping'>): boolean;
  /**
   * Begins an input. The reader gets every line, in order, also those that an earlier run has sent; what it
   * returns parses that line when its event is needed.
   */
  open(options: FormatOptions): LineReader;
}

/** Takes the next line, without its end; the `id` is for an event that brings none. */
export type LineReader = (line: Buffer) => (id: string) => Reading;
