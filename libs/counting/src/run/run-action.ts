import type { DeadCause, shardProxy } from '@tally/contracts';
import type { RecordCounts } from '../aggregate/partition-counter.js';
import type { OffsetSet } from '../coverage/offset-set.js';
import type { ClosedGeneration } from '../snapshots/generation-draft.js';

/** What one shard has folded in, by partition of the topic; a partition that is missing: nothing. */
export type ShardCoverage = ReadonlyMap<number, OffsetSet>;

/**
 * What a question got: an answer, none, or that another shard map is in force. `identity` names the
 * database that answered: another one may be restored or promoted, and lack what was confirmed.
 * `losses`, with what is covered: what a person accepted as gone, by partition. `firstLetters`: by
 * partition, the first dead letter that was there before the shard was asked.
 */
export type Answer<T> =
  | {
      readonly kind: 'answer';
      readonly value: T;
      readonly losses?: ShardCoverage;
      readonly firstLetters?: ReadonlyMap<number, bigint>;
      readonly identity?: string;
    }
  | { readonly kind: 'none' }
  | { readonly kind: 'stale_epoch' };

/** What a shard says to a flush. */
export type FlushOutcome =
  /**
   * Its offsets are in the shard's coverage now, and were so before. `identity` as in Answer. `refused`:
   * ids of split series that are too many, 16 bytes each.
   */
  | {
      readonly kind: 'applied' | 'already_applied';
      readonly identity?: string;
      readonly refused?: Buffer;
    }
  | FlushFailure;

/** What a flush that failed means. */
export type FlushFailure =
  /**
   * No answer: it may or may not have been applied. The same once more settles it. `isSlow`: it took too
   * long, and may do so every time.
   */
  | { readonly kind: 'retry'; readonly isSlow?: boolean }
  /** Nothing was changed, and the same would be refused again: what was summed up is worth nothing. */
  | { readonly kind: 'rebuild'; readonly why: RebuildCause }
  /** Not foreseen, and sending it again mends nothing: the others are counted without this shard. */
  | { readonly kind: 'halt'; readonly reason: string };

/**
 * - `overlap`: somebody else counted some of it.
 * - `stale_epoch`: another shard map is in force.
 * - `too_large`: a message on its way has a bound below its bytes.
 */
export type RebuildCause = 'overlap' | 'stale_epoch' | 'too_large';

/** One delta on its way to its shard. */
export interface FlushAction {
  readonly kind: 'flush';
  readonly shard: number;
  /** Of this flush in its run, the same for each try. */
  readonly number: number;
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
  /**
   * Answered by `onCoverage`. `afterLetters`: the dead-letters topic is asked before the shard where it
   * begins, so that what was delivered is covered.
   */
  | { readonly kind: 'read-coverage'; readonly shard: number; readonly afterLetters: boolean }
  /** What stands in dead letters of the partitions of this run? Answered by `onLetters`. */
  | { readonly kind: 'read-letters' }
  /** Answered by `onLetterAppended`. */
  | {
      readonly kind: 'append-letter';
      readonly partition: number;
      readonly shard: number;
      readonly letter: Buffer;
    }
  /** The dead-events topic gets these records. Answered by `onDeadEventsAppended`. */
  | {
      readonly kind: 'append-dead-events';
      /** Of this batch in its run, the same for each try. */
      readonly number: number;
      readonly records: readonly { readonly partition: number; readonly value: Buffer }[];
      /** How many events are in it, by cause. */
      readonly causes: ReadonlyMap<DeadCause, number>;
      /** 1 for the first. */
      readonly attempt: number;
      /** How long to wait before it is sent. */
      readonly afterMs: number;
    }
  /** Answered by `onBounds`. */
  | { readonly kind: 'ask-bounds' }
  /** Where is the first record appended at or after that time? Answered by `onOffsetAt`. */
  | { readonly kind: 'ask-offset-at'; readonly partition: number; readonly timestampMs: number }
  /**
   * So many `records`, those below the offset `before`, may go from the log. What comes of it is not
   * asked: where nothing did, the next time is soon enough.
   */
  | {
      readonly kind: 'shorten';
      readonly partition: number;
      readonly before: bigint;
      readonly records: bigint;
    }
  /**
   * From here on, `onRecords` is called with the records of this partition, each the next. What was on
   * its way from elsewhere may still come, and is not heard.
   */
  | { readonly kind: 'read-from'; readonly partition: number; readonly offset: bigint }
  /**
   * What was the dedup window told from the record at `from` on? Some generation that holds it and nothing at
   * or behind `to`; no record of this partition until `read-from`. Answered by `onGeneration`.
   */
  | {
      readonly kind: 'read-generation';
      readonly partition: number;
      readonly from: bigint;
      readonly to: bigint;
    }
  /** It may be kept; what comes of it is not asked. */
  | {
      readonly kind: 'write-generation';
      readonly partition: number;
      readonly generation: ClosedGeneration;
    }
  /**
   * A block names a version of the registry that is not known here: no record of its partition until
   * `read-from`. Answered by `onMeaning`; at once where it was given up before and is still not there.
   */
  | {
      readonly kind: 'await-version';
      readonly partition: number;
      readonly registryVersion: number;
      readonly isGivenUp: boolean;
    }
  /** A block names a position of the catalogue that is not reached here: as `await-version`. */
  | {
      readonly kind: 'await-catalog';
      readonly partition: number;
      readonly position: bigint;
      readonly isGivenUp: boolean;
    }
  /**
   * Alarm: a block names a schema that a later version may know. Its partition waits, so that whoever
   * replaces this one counts it: no record of it until `read-from`.
   */
  | { readonly kind: 'await-schema'; readonly partition: number; readonly schemaId: number }
  /**
   * Alarm: the dedup windows have all the memory that they may have, and the next record of this partition
   * lets go nothing of it: no record of it until `read-from`.
   */
  | { readonly kind: 'await-memory'; readonly partition: number }
  /** No record of any partition until `resume`, save those that are on their way. */
  | { readonly kind: 'pause' }
  | { readonly kind: 'resume' }
  /** Answered by `onFlushed`. */
  | FlushAction
  /**
   * Alarm: this shard is not counted, its events go into dead letters. It is asked now and then what it
   * covers; when it answers it is counted on, or all begins again with it.
   */
  | { readonly kind: 'absent'; readonly shard: number; readonly reason: string }
  /** It is counted on: what it lacks stands in dead letters. */
  | { readonly kind: 'present'; readonly shard: number }
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
