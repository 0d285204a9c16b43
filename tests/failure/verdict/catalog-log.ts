import { catalogTopic } from '@tally/contracts';
import type { PutEntry } from '../traffic/catalog-writer.js';
import { TopicReader } from './topic-reader.js';

/** Of the value of a record, before its fields. */
const HEADER_BYTES = 4;

/** Who owned what at which position: the catalogue, read as any Kafka client can. */
export class CatalogLog {
  /** By offset. */
  readonly entries: PutEntry[] = [];
  private readonly reader: TopicReader;
  private readonly bySubject = new Map<
    string,
    { readonly offset: number; readonly owner: string | undefined }[]
  >();

  constructor(brokers: string, eventsTopic: string) {
    this.reader = new TopicReader(brokers, catalogTopic(eventsTopic));
  }

  /** Reads on to what it ends at now; it is made when somebody puts the first entry. */
  async catchUp(): Promise<void> {
    if (!(await this.reader.exists())) return;
    await this.reader.catchUp((_, offset, { key, value }) => {
      const [, subject = ''] = (key?.toString() ?? '').split('\0');
      const { owner } =
        value === null
          ? { owner: undefined }
          : (JSON.parse(value.toString('utf8', HEADER_BYTES)) as { readonly owner?: string });
      this.entries.push({ subject, owner });
      this.bySubject.set(subject, [...(this.bySubject.get(subject) ?? []), { offset, owner }]);
    });
  }

  /** What the last record of the subject below that position says. */
  ownerOf(subject: string, position: number): string | undefined {
    return this.bySubject.get(subject)?.findLast(({ offset }) => offset < position)?.owner;
  }

  /** What was acknowledged and is not there, in sentences. */
  *lost(acknowledged: ReadonlyMap<number, PutEntry>): Generator<string> {
    for (const [position, { subject, owner }] of acknowledged) {
      const entry = this.entries[position - 1];
      if (entry?.subject !== subject || entry.owner !== owner)
        yield `the catalogue should say of ${subject} at ${position - 1} that it is owned by ${owner}, it says ${JSON.stringify(entry)}`;
    }
  }
}
