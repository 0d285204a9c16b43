import { catalogTopic } from '@tally/contracts';
import type { AppendClient, LogAdmin } from '@tally/log-client';
import type { EventsTopic } from '@tally/placement';

const PARTITION = 0;

export interface CatalogLogOptions {
  readonly topic: { get(): EventsTopic };
  readonly admin: LogAdmin;
  readonly log: AppendClient;
}

/**
 * The log of the catalogue beside the topic of events. It is made when something is put for the first
 * time: many installations never need it. Every failure is a TallyError `unavailable`.
 */
export class CatalogLog {
  private isThere = false;

  constructor(private readonly options: CatalogLogOptions) {}

  /** Resolves with the position behind the record once it is durable. */
  async append(key: Buffer, value: Buffer | null): Promise<bigint> {
    const { admin, log } = this.options;
    if (!this.isThere) await admin.createTopic(this.name, 1);
    this.isThere = true;
    const [appended] = await log.append(this.name, [{ partition: PARTITION, key, value }], {});
    if (appended === undefined) throw new Error('expected an append that was confirmed');
    return appended.offset + 1n;
  }

  /** Where it ends now; undefined: there is none. */
  async end(): Promise<bigint | undefined> {
    const { admin } = this.options;
    this.isThere ||= await admin.hasTopic(this.name);
    if (!this.isThere) return undefined;
    return (await admin.bounds(this.name)).get(PARTITION)?.high;
  }

  private get name(): string {
    return catalogTopic(this.options.topic.get().name);
  }
}
