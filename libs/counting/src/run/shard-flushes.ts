import { ShardDelta } from '../aggregate/shard-delta.js';
import type { SeriesTable } from '../series/series-table.js';
import type { FlushAction, FlushOutcome, RebuildCause, RunAction } from './run-action.js';

/** Before a flush of unknown outcome is sent again; twice as long each time, to the bound. */
const FIRST_RETRY_MS = 50;
/** The longest time before a flush of unknown outcome is sent again. */
export const MAX_RETRY_MS = 2000;
/** Tries without an answer after which nobody waits for a shard that holds up others: a proxy that starts again needs fewer. */
const HOPELESS_TRIES = 6;
/** Tries of a flush that take too long until it counts as too slow: one may have had to wait for locks. */
const SLOW_TRIES = 3;

/** By partition: everything before this instant (ms since 1970) is covered when the flush is. */
export type Instants = ReadonlyMap<number, number>;
/** By partition: everything below this offset was read. */
export type Positions = ReadonlyMap<number, bigint>;

/** What is due after the answer to a flush. */
export type AfterFlush =
  /** The database `identity` has confirmed that it covers all below these positions. */
  | {
      readonly kind: 'settled';
      /** It had not answered before: it may have been put back to an older state meanwhile. */
      readonly isBack: boolean;
      readonly identity: string | undefined;
      readonly confirmed: Positions;
    }
  | { readonly kind: 'sent-again' }
  | { readonly kind: 'rebuild'; readonly why: RebuildCause }
  | { readonly kind: 'leave'; readonly reason: string };

/** Which shard, under which shard map. */
export interface ShardFlushesOptions {
  readonly shard: number;
  readonly epoch: number;
  readonly topic: string;
  readonly series: SeriesTable;
  /** What it has confirmed that it covers, or will have without anything of ours. */
  readonly confirmed: Positions;
  /** The number of the next flush. */
  readonly nextNumber: () => number;
  /** Does it when the dead events of what is summed up are durable. */
  readonly afterDurable: (work: () => void) => void;
  readonly emit: (action: RunAction) => void;
}

interface Flight {
  readonly delta: ShardDelta;
  readonly positions: Positions;
  flush: FlushAction;
  /** It has not left yet. */
  isHeld: boolean;
  /** How many of its tries took too long. */
  slowTries: number;
}

/**
 * Sums for one shard, and their way there: one delta is summed up while at most one is on its way,
 * so that deltas arrive in order.
 */
export class ShardFlushes {
  private open: ShardDelta;
  private flight: Flight | undefined;
  private confirmed: Positions;

  constructor(private readonly options: ShardFlushesOptions) {
    this.open = this.newDelta();
    this.confirmed = options.confirmed;
  }

  /** What is being summed up. */
  get delta(): ShardDelta {
    return this.open;
  }

  /** A flush is on its way. */
  get isFlying(): boolean {
    return this.flight !== undefined;
  }

  /** A flush waits for the log to take dead events: that it does not leave says nothing of the shard. */
  get isHeld(): boolean {
    return this.flight?.isHeld === true;
  }

  /** It has not answered the flush that is on its way, which is sent again. */
  get isSilent(): boolean {
    return this.flight !== undefined && this.flight.flush.attempt > 1;
  }

  /** So many tries of the flush that is on its way went wrong that others need not wait for the next. */
  get isHopeless(): boolean {
    return (this.flight?.flush.attempt ?? 1) > HOPELESS_TRIES;
  }

  /** Rows of the flush that is on its way. */
  get flyingRows(): number {
    return this.flight?.delta.rows ?? 0;
  }

  /** Each try of the flush that is on its way takes too long, and a smaller one may not. */
  get isTooSlow(): boolean {
    return (this.flight?.slowTries ?? 0) >= SLOW_TRIES && this.flyingRows > 1;
  }

  /** All below was confirmed by the shard, or stood in dead letters for it when it joined. */
  get confirmedPositions(): Positions {
    return this.confirmed;
  }

  /**
   * Sends what was summed up, as soon as its dead events are durable; nothing may be on its way.
   * `positions` are those of the sums.
   */
  flush(instants: Instants, positions: Positions): void {
    const { shard, epoch, topic, nextNumber, afterDurable, emit } = this.options;
    const delta = this.open;
    const flush: FlushAction = {
      kind: 'flush',
      shard,
      number: nextNumber(),
      request: {
        shard,
        epoch: String(epoch),
        ...delta.toMessage(),
        instants: [...instants].map(([partition, asOfMs]) => ({
          partition: { topic, partition },
          asOfMs: String(asOfMs),
          position: String(positions.get(partition) ?? 0n),
        })),
      },
      attempt: 1,
      afterMs: 0,
    };
    this.open = this.newDelta();
    const flight: Flight = { delta, positions, flush, isHeld: true, slowTries: 0 };
    this.flight = flight;
    afterDurable(() => {
      // It may have been given up with its shard meanwhile.
      if (this.flight !== flight) return;
      flight.isHeld = false;
      emit(flush);
    });
  }

  /** What the shard said; undefined when it was given up, with its shard, and that has joined again. */
  onFlushed(number: number, outcome: FlushOutcome): AfterFlush | undefined {
    const { flight } = this;
    if (flight?.flush.number !== number) return undefined;
    switch (outcome.kind) {
      case 'applied':
      case 'already_applied':
        flight.delta.applied(outcome.refused);
        this.confirmed = flight.positions;
        this.flight = undefined;
        return {
          kind: 'settled',
          isBack: flight.flush.attempt > 1,
          identity: outcome.identity,
          confirmed: this.confirmed,
        };
      case 'retry':
        if (outcome.isSlow === true) flight.slowTries += 1;
        this.sendAgain(flight);
        return { kind: 'sent-again' };
      case 'rebuild':
        return outcome;
      case 'halt':
        return { kind: 'leave', reason: outcome.reason };
    }
  }

  /** Nothing more is sent. */
  close(): void {
    this.open.close();
    this.flight?.delta.close();
    this.flight = undefined;
  }

  private newDelta(): ShardDelta {
    return new ShardDelta(this.options.topic, this.options.series);
  }

  private sendAgain(flight: Flight): void {
    const { attempt, request } = flight.flush;
    const afterMs = Math.min(FIRST_RETRY_MS * 2 ** Math.min(attempt - 1, 16), MAX_RETRY_MS);
    const again = attempt === 1 ? { ...request, ...flight.delta.namesAgain() } : request;
    flight.flush = { ...flight.flush, request: again, attempt: attempt + 1, afterMs };
    this.options.emit(flight.flush);
  }
}
