import type { BatchHeader } from '@tally/kafka-wire';

/** Batches of a producer that are recognised when they come again: as many as clients have in flight. */
const REMEMBERED_BATCHES = 5;
/** After the last sequence number comes 0. */
const SEQUENCES = 2 ** 31;

/** What the log needs to know of a batch to tell whether it is the next of its producer. */
export type ProducerBatch = Pick<
  BatchHeader,
  'producerId' | 'producerEpoch' | 'baseSequence' | 'count'
>;

/** Where a batch of a producer lies. */
export interface RememberedBatch {
  readonly baseSequence: number;
  readonly lastSequence: number;
  readonly baseOffset: bigint;
  /** ms since 1970; undefined where the records keep their time. */
  readonly appendTimeMs: number | undefined;
}

/** What is known of one producer. */
export interface ProducerState {
  readonly epoch: number;
  /** The last ones, oldest first; never empty. */
  readonly batches: readonly RememberedBatch[];
  /** Time of the last batch, ms since 1970. */
  readonly lastActiveMs: number;
}

/** Whether a batch is the next of its producer. */
export type SequenceVerdict =
  | { readonly kind: 'next' }
  /** The very same batch is in the log. */
  | { readonly kind: 'duplicate'; readonly batch: RememberedBatch }
  /** Batches between the last one and this one are missing, or it came before. */
  | { readonly kind: 'out_of_order' }
  /** Another instance of the producer has begun since. */
  | { readonly kind: 'fenced' };

/** Bounds what is known of the producers of a partition. */
export interface ProducerLimits {
  /** Most producers that are known per partition; the one that was silent longest is forgotten. */
  readonly maxProducers: number;
  /** How long a silent producer is known. */
  readonly expiryMs: number;
}

type States = ReadonlyMap<bigint, ProducerState>;

/**
 * What idempotent producers have appended to one partition: a batch that comes again, because its
 * acknowledgement was lost, is recognised, and one that comes too early is refused.
 *
 * Invariant: holds batches that are in the log, and of each producer that is known the last one.
 * A producer that was forgotten may begin with any sequence number: forgetting one never refuses
 * anything, it may let a copy in.
 */
export class ProducerStates {
  /** In the order in which they were last active. */
  private readonly states: Map<bigint, ProducerState>;

  constructor(
    private readonly limits: ProducerLimits,
    states: Iterable<readonly [bigint, ProducerState]> = [],
  ) {
    this.states = new Map(states);
  }

  get size(): number {
    return this.states.size;
  }

  entries(): Iterable<readonly [bigint, ProducerState]> {
    return this.states;
  }

  /** Decides on batches that are about to be written together. */
  begin(): ProducerRound {
    return new ProducerRound(this.states, (changed, nowMs) => {
      for (const [id, state] of changed) this.put(id, state);
      this.forget(nowMs);
    });
  }

  /**
   * A batch that is in the log, whatever its sequence is. Where it has no time of the log's own, its
   * producer counts as active now: it is rather known for too long.
   */
  replay(batch: ProducerBatch, placed: PlacedBatch, now: () => number): void {
    if (batch.producerId < 0n) return;
    const activeMs = placed.appendTimeMs ?? now();
    this.put(batch.producerId, extend(this.states.get(batch.producerId), batch, placed, activeMs));
    this.forget(activeMs);
  }

  /** Forgets the producers of which a batch lies at `offset` or behind it. */
  forgetFrom(offset: bigint): void {
    for (const [id, { batches }] of this.states) {
      if (batches.some(({ baseOffset }) => baseOffset >= offset)) this.states.delete(id);
    }
  }

  private put(id: bigint, state: ProducerState): void {
    this.states.delete(id);
    this.states.set(id, state);
  }

  private forget(nowMs: number): void {
    const { maxProducers, expiryMs } = this.limits;
    for (const [id, { lastActiveMs }] of this.states) {
      const isKept = this.states.size <= maxProducers && lastActiveMs + expiryMs > nowMs;
      if (isKept) return;
      this.states.delete(id);
    }
  }
}

type PlacedBatch = Pick<RememberedBatch, 'baseOffset' | 'appendTimeMs'>;

/**
 * The batches of one commit round. They count among each other at once, and for later rounds only
 * when they are durable: what could not be written was never appended.
 */
export class ProducerRound {
  private readonly changed = new Map<bigint, ProducerState>();

  constructor(
    private readonly before: States,
    private readonly keep: (changed: States, nowMs: number) => void,
  ) {}

  check(batch: ProducerBatch): SequenceVerdict {
    const { producerId, producerEpoch, baseSequence } = batch;
    const state = this.changed.get(producerId) ?? this.before.get(producerId);
    if (producerId < 0n || state === undefined) return { kind: 'next' };
    if (producerEpoch < state.epoch) return { kind: 'fenced' };
    if (producerEpoch > state.epoch) {
      return baseSequence === 0 ? { kind: 'next' } : { kind: 'out_of_order' };
    }
    const lastSequence = lastSequenceOf(batch);
    const same = state.batches.find(
      (known) => known.baseSequence === baseSequence && known.lastSequence === lastSequence,
    );
    if (same !== undefined) return { kind: 'duplicate', batch: same };
    const last = state.batches.at(-1)?.lastSequence ?? -1;
    return baseSequence === (last + 1) % SEQUENCES ? { kind: 'next' } : { kind: 'out_of_order' };
  }

  /** It is written, at this offset. */
  add(batch: ProducerBatch, placed: PlacedBatch, nowMs: number): void {
    const { producerId } = batch;
    if (producerId < 0n) return;
    const before = this.changed.get(producerId) ?? this.before.get(producerId);
    this.changed.set(producerId, extend(before, batch, placed, nowMs));
  }

  /** All that was added is durable. */
  publish(nowMs: number): void {
    this.keep(this.changed, nowMs);
  }
}

function extend(
  state: ProducerState | undefined,
  batch: ProducerBatch,
  placed: PlacedBatch,
  nowMs: number,
): ProducerState {
  const { producerEpoch: epoch, baseSequence } = batch;
  const earlier = state?.epoch === epoch ? state.batches : [];
  const added = { baseSequence, lastSequence: lastSequenceOf(batch), ...placed };
  return {
    epoch,
    batches: [...earlier, added].slice(-REMEMBERED_BATCHES),
    lastActiveMs: nowMs,
  };
}

function lastSequenceOf({ baseSequence, count }: ProducerBatch): number {
  return (baseSequence + count - 1) % SEQUENCES;
}
