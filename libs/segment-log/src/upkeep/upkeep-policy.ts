import type { Retention } from '../retention/retention.js';

/** What happens to the old records of a topic. */
export type UpkeepPolicy =
  /** Nothing: only DeleteRecords removes some. */
  | { readonly kind: 'keep' }
  | ({
      readonly kind: 'delete';
      /** A segment is ended when its first record is so old, so that it can go. */
      readonly segmentMs: number;
    } & Retention)
  | {
      /** The last record of each key is kept. */
      readonly kind: 'compact';
      readonly segmentMs: number;
      /** A record that deletes its key is kept for so long, for readers that lag behind. */
      readonly deleteRetentionMs: number;
    };
