import type { CatalogChange, CatalogFields } from '@tally/contracts';
import type { Catalog } from './catalog.js';

/** What one record said of a subject. */
interface Version {
  readonly offset: bigint;
  readonly fields: CatalogFields | undefined;
}

/** All that a catalogue ever said, in memory: the rule, to which tests hold the one on disk. */
export class CatalogHistory implements Catalog {
  private next = 0n;
  /** By project, NUL and subject; ascending. */
  private readonly subjects = new Map<string, Version[]>();

  /** The offset behind the last record. */
  get position(): bigint {
    return this.next;
  }

  /** Takes the next record. */
  apply(change: CatalogChange): void {
    const offset = this.next;
    this.next += 1n;
    if (change.kind === 'malformed') return;
    const key = `${change.project}\0${change.subject}`;
    const versions = this.subjects.get(key) ?? [];
    versions.push({ offset, fields: change.fields });
    this.subjects.set(key, versions);
  }

  reaches(position: bigint): boolean {
    return position <= this.next;
  }

  fields(project: string, subject: string, position: bigint): CatalogFields | undefined {
    if (!this.reaches(position))
      throw new RangeError(`expected a position up to ${this.next}, got ${position}`);
    const versions = this.subjects.get(`${project}\0${subject}`) ?? [];
    return versions.findLast(({ offset }) => offset < position)?.fields;
  }
}
