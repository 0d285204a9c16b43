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
      /** Records younger than this stay, whatever comes after them; absent: none does for its age. */
      readonly minLagMs?: number;
      /** A record is looked at when it is so old, however few came after it; absent: age does not matter. */
      readonly maxLagMs?: number;
      /** A pass is due when at least this part of the complete bytes is new; absent: a third. */
      readonly dirtyShare?: number;
      /** Of what is left the oldest records go all the same; absent: none do. */
      readonly retention?: Retention;
    };
