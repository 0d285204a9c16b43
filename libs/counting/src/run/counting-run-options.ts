import type { EventTypeDefinition } from '@tally/contracts';
import type { EventsTopic, ShardMap } from '@tally/placement';
import type { Catalog } from '../catalog/catalog.js';
import type { UnknownMeanings } from '../dead-events/unknown-meanings.js';
import type { LogTime } from './log-time.js';
import type { RunAction } from './run-action.js';
import type { ShardRoster } from './shard-roster.js';

/** What is counted, by which rules and within which bounds. */
export interface CountingRunOptions {
  readonly topic: EventsTopic;
  /** Partitions of the topic that this run counts. */
  readonly partitions: readonly number[];
  readonly shardMap: ShardMap;
  /** What is known of the shards from run to run; bounds the bytes of their flushes. */
  readonly roster: ShardRoster;
  /** What a type means in that version of the registry. */
  readonly definition: (
    project: string,
    type: string,
    registryVersion: number,
  ) => EventTypeDefinition;
  /** Whether that version is known here, so that `definition` has an answer. */
  readonly knowsVersion: (registryVersion: number) => boolean;
  /** What was waited for in vain, as it is known from run to run. */
  readonly unknownMeanings: UnknownMeanings;
  /** What is known of subjects; blocks name a position of it. */
  readonly catalog: Catalog;
  /** Rows for one shard that are flushed before the next tick. */
  readonly flushRows: number;
  /**
   * How long the others wait for a shard that does not answer: at the start, or when nothing is read
   * because too much waits for it.
   */
  readonly shardPatienceMs: number;
  /** What this clock says of the log's, as it is known from run to run. */
  readonly logTime: LogTime;
  /** How long what goes into a dead letter waits for more. */
  readonly letterIntervalMs: number;
  /** Time between two comparisons of what a shard covers with what it had confirmed. */
  readonly verifyIntervalMs: number;
  /** How long records stay in the log that all shards cover, in append time; 0: for ever. */
  readonly logKeepMs: number;
  /** Most series that are remembered. */
  readonly maxSeries: number;
  /** Most bytes of the dedup windows of all its partitions; a record more at most. */
  readonly maxWindowBytes: number;
  /** Whether generations of the dedup windows are kept: written, and asked for at a start. */
  readonly keepsGenerations: boolean;
  readonly startedAtMs: number;
  /** Told what the run asks for; must not call back into the run before it returns. */
  readonly emit: (action: RunAction) => void;
}
