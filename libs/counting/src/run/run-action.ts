import type { shardProxy } from '@tally/contracts';
import type { RecordCounts } from '../aggregate/partition-counter.js';
import type { OffsetSet } from '../coverage/offset-set.js';

/** What one shard has folded in, by partition of the topic; a partition that is missing: nothing. */
export type ShardCoverage = ReadonlyMap<number, OffsetSet>;

/**
 * What a question got: an answer, none, or that another shard map is in force. `losses`, with what is
 * covered: what a person accepted as gone, by partition.
 */
export type Answer<T> =
  | { readonly kind: 'answer'; readonly value: T; readonly losses?: ShardCoverage }
  | { readonly kind: 'none' }
  | { readonly kind: 'stale_epoch' };

/**
 * What a shard says to a flush.
 * - `applied`, `already_applied`: its offsets are in the shard's coverage now.
 * - `overlap`: somebody else counted some of it; nothing was changed.
 * - `stale_epoch`: another shard map is in force; nothing was changed.
 * - `unknown`: no answer; it may or may not have been applied.
 */
export type FlushOutcome = 'applied' | 'already_applied' | 'overlap' | 'stale_epoch' | 'unknown';

/** One delta on its way to its shard. */
export interface FlushAction {
  readonly kind: 'flush';
  readonly shard: number;
  /** The same object for each try: a flush whose outcome is unknown is sent again as it is. */
  readonly request: shardProxy.ApplyDeltaRequest;
  /** 1 for the first. */
  readonly attempt: number;
  /** How long to wait before it is sent. */
  readonly afterMs: number;
}

/**
 * What a counting run asks of the world or tells it. A question is answered by the method of
 * CountingRun that it names, once, at any later time, or never.
 */
export type RunAction =
  /** Answered by `onCoverage`. */
  | { readonly kind: 'read-coverage'; readonly shard: number }
  /** Answered by `onBounds`. */
  | { readonly kind: 'ask-bounds' }
  /** Where is the first record appended at or after that time? Answered by `onOffsetAt`. */
  | { readonly kind: 'ask-offset-at'; readonly partition: number; readonly timestampMs: number }
  /**
   * From here on, `onRecords` is called with the records of this partition, each the next. What was on
   * its way from elsewhere may still come, and is not heard.
   */
  | { readonly kind: 'read-from'; readonly partition: number; readonly offset: bigint }
  /**
   * A block names a version of the registry that is not known here: no record of its partition until
   * `read-from`. Answered by `onVersion`.
   */
  | { readonly kind: 'await-version'; readonly partition: number; readonly registryVersion: number }
  /** No record of any partition until `resume`, save those that are on their way. */
  | { readonly kind: 'pause' }
  | { readonly kind: 'resume' }
  /** Answered by `onFlushed`. */
  | FlushAction
  /** Every partition has begun, or was halted. */
  | { readonly kind: 'begun'; readonly partitions: number }
  | {
      readonly kind: 'counted';
      readonly partition: number;
      readonly offset: bigint;
      readonly counts: RecordCounts;
    }
  /** Alarm: this partition is not read until a person has looked. */
  | { readonly kind: 'halt'; readonly partition: number; readonly reason: string }
  /** What was summed up is worth nothing: this run has ended, and a new one has to begin. */
  | { readonly kind: 'rebuild'; readonly reason: string };
