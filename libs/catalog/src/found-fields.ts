import type { CatalogFields } from '@tally/contracts';

/** Subjects of which what was found is kept: the memory of some MB. */
const MAX_SUBJECTS = 20_000;

/** What was found of a subject, and at which positions it holds. */
export interface Found {
  readonly fields: CatalogFields | undefined;
  /** At positions above that one. */
  readonly above: bigint;
  /** Up to that one; undefined: up to all that was read. */
  readonly upTo: bigint | undefined;
}

/** What was found lately, by subject: most events are of subjects that others are of too. */
export class FoundFields {
  private readonly found = new Map<string, Found>();

  /** undefined: nothing is known of that position. */
  get(name: string, position: bigint): Found | undefined {
    const known = this.found.get(name);
    if (known === undefined || position <= known.above) return undefined;
    return known.upTo !== undefined && position > known.upTo ? undefined : known;
  }

  set(name: string, found: Found): void {
    if (this.found.size >= MAX_SUBJECTS && !this.found.has(name)) {
      const [oldest = name] = this.found.keys();
      this.found.delete(oldest);
    }
    this.found.set(name, found);
  }

  /** There is a record of it more. */
  forget(name: string): void {
    this.found.delete(name);
  }
}
