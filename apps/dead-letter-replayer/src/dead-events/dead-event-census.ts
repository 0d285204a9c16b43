import type { DeadCause } from '@tally/contracts';
import { toldOf, type DeadEventState, type ToldRecord } from '@tally/counting';
import { keyOf } from './dead-event-shards.js';
import type { KeptRecord } from './dead-event-topic.js';

/** Records with open events that are told from their copies: some 10 MB. Past it a copy counts again. */
const MAX_REMEMBERED = 100_000;

/** How long dead events are kept, in ms after they were appended. */
export interface DeadEventRetention {
  /** Whatever became of them. */
  readonly keepMs: number;
  /** Those that were all counted or discarded. */
  readonly settledKeepMs: number;
}

/** Dead events of one cause that wait for somebody. */
export interface OpenDeadEvents {
  readonly events: number;
  /** When the first of them was appended, ms since 1970. */
  readonly oldestMs: number;
}

interface OldDeadEvent {
  readonly cause: DeadCause;
  readonly state: DeadEventState;
}

/** The beginning of a partition of the dead-events topic that may be deleted. */
export interface OldDeadEvents {
  /** All records below. */
  readonly before: bigint;
  readonly events: readonly OldDeadEvent[];
}

/**
 * One walk over the topic of dead events, from its beginning, partition by partition: which are open, and
 * what is old. Of a partition its beginning alone can be deleted, so an open event keeps what lies behind
 * it, until it is old itself.
 */
export class DeadEventCensus {
  private readonly waiting = new Map<DeadCause, OpenDeadEvents>();
  private readonly seen = new Set<string>();
  /** Partitions of which a record stays. */
  private readonly closed = new Set<number>();
  private found = new Map<number, { readonly before: bigint; readonly events: OldDeadEvent[] }>();

  constructor(private readonly retention: DeadEventRetention) {}

  get open(): ReadonlyMap<DeadCause, OpenDeadEvents> {
    return this.waiting;
  }

  /**
   * @param told What the shards say of the record, all of them.
   * @param clockMs An instant that the clock of the log has reached; undefined: nothing is old.
   */
  take(kept: KeptRecord, told: readonly ToldRecord[], clockMs: number | undefined): void {
    const { partition, record, dead } = kept;
    const events = dead.events.map(({ index, cause }) => ({
      cause,
      state: toldOf(index, told).state,
    }));
    const open = events.filter(({ state }) => state === 'open');
    if (open.length > 0 && this.isNew(keyOf({ partition, offset: dead.offset })))
      for (const { cause } of open) this.wait(cause, dead.appendMs);
    const ageMs = clockMs === undefined ? 0 : clockMs - dead.appendMs;
    const isSettled = events.every(({ state }) => state === 'replayed' || state === 'discarded');
    const { keepMs, settledKeepMs } = this.retention;
    if (ageMs < (isSettled ? Math.min(settledKeepMs, keepMs) : keepMs)) this.closed.add(partition);
    if (this.closed.has(partition)) return;
    const old = this.found.get(partition)?.events ?? [];
    old.push(...events);
    this.found.set(partition, { before: record + 1n, events: old });
  }

  /** What was found to be old since the last call, by partition. */
  takeOld(): ReadonlyMap<number, OldDeadEvents> {
    const old = this.found;
    this.found = new Map();
    return old;
  }

  private wait(cause: DeadCause, appendMs: number): void {
    const { events, oldestMs } = this.waiting.get(cause) ?? { events: 0, oldestMs: appendMs };
    this.waiting.set(cause, { events: events + 1, oldestMs: Math.min(oldestMs, appendMs) });
  }

  private isNew(record: string): boolean {
    if (this.seen.has(record)) return false;
    if (this.seen.size < MAX_REMEMBERED) this.seen.add(record);
    return true;
  }
}
