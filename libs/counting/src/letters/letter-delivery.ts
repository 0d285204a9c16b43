import { decodeDeadLetter, type DeadLetter, type shardProxy } from '@tally/contracts';
import type { Catalog } from '../catalog/catalog.js';
import type { Answer, FlushOutcome, ShardCoverage } from '../run/run-action.js';
import { LetterDelta, type LetterRules } from './letter-delta.js';
import { isCovered, LetterIndex, type IndexedLetter, type LetterPlace } from './letter-index.js';

/** Letters that are read at once. */
const BATCH_BYTES = 2 << 20;
/** A delta is sent when it has so many bytes, while the shard takes that. */
const DELTA_BYTES = 8 << 20;
const FIRST_PAUSE_MS = 1000;
const MAX_PAUSE_MS = 5000;

/** A letter as it lies in the dead-letters topic. */
export interface StoredLetter {
  readonly letter: bigint;
  /** When it was appended, ms since 1970. */
  readonly appendMs: number;
  readonly value: Buffer | null;
}

/** What a delivery asks of the world. A question is answered by the method of LetterDelivery that it names. */
export type DeliveryAction =
  /** Answered by `onCoverage`. */
  | {
      readonly kind: 'read-coverage';
      readonly shard: number;
      readonly partitions: readonly number[];
    }
  /** The letters that lie there, for that shard. Answered by `onRead`. */
  | {
      readonly kind: 'read-letters';
      readonly shard: number;
      readonly places: readonly LetterPlace[];
    }
  /** Answered by `onFlushed`. */
  | {
      readonly kind: 'flush';
      readonly shard: number;
      readonly request: shardProxy.ApplyDeltaRequest;
    }
  /** Letters of the partition below that one were delivered. Answered by `onDropped`, or asked again. */
  | { readonly kind: 'drop'; readonly partition: number; readonly before: bigint }
  /** These letters are in the shard's counters. */
  | { readonly kind: 'delivered'; readonly shard: number; readonly letters: number }
  /** A block of a version of the registry that is not known here: it is tried again later. */
  | { readonly kind: 'miss-version'; readonly shard: number; readonly registryVersion: number }
  /** A block of a position of the catalogue that is not reached here: as `miss-version`. */
  | { readonly kind: 'miss-catalog'; readonly shard: number; readonly position: bigint }
  /** Alarm: this letter is not delivered until a person has looked. */
  | {
      readonly kind: 'unreadable';
      readonly partition: number;
      readonly letter: bigint;
      readonly reason: string;
    };

/** Whose letters are delivered, by which rules. */
export interface LetterDeliveryOptions {
  /** Of events. */
  readonly topic: string;
  readonly epoch: number;
  readonly rules: LetterRules & { readonly catalog: Catalog };
  readonly knowsVersion: (registryVersion: number) => boolean;
  readonly startedAtMs: number;
  readonly emit: (action: DeliveryAction) => void;
}

/** Where one shard's delivery is. */
interface ShardDelivery {
  isBusy: boolean;
  nextAtMs: number;
  pauseMs: number;
  deltaBytes: number;
  coverage: ShardCoverage;
  /** What is read, and what of it was sent whole then. */
  batch: readonly IndexedLetter[];
}

/**
 * Brings dead letters home: a machine without clock, network or promise, as a CountingRun is. Each shard
 * by itself: what it covers is read, then its first letters, and what it lacks of them is sent as one
 * delta. Whatever is repeated or lost on the way, an offset is counted once, because coverage says it.
 */
export class LetterDelivery {
  private readonly index = new LetterIndex();
  /** By partition: letters below that one were delivered, and are there for all that is known. */
  private readonly dropping = new Map<number, bigint>();
  private readonly deliveries = new Map<number, ShardDelivery>();
  private nowMs: number;

  constructor(private readonly options: LetterDeliveryOptions) {
    this.nowMs = options.startedAtMs;
  }

  /** Letters that wait for a shard. */
  waiting(shard: number): number {
    return this.index.size(shard);
  }

  /** When the first letter that waits for a shard was appended, ms since 1970. */
  oldestMs(shard: number): number | undefined {
    return this.index.oldestMs(shard);
  }

  /** Whether anything waits: to be delivered, or to be dropped. */
  get hasWork(): boolean {
    return this.dropping.size > 0 || !this.index.isEmpty;
  }

  /** Shards that letters wait for. */
  get shards(): Iterable<number> {
    return this.index.shards;
  }

  /** Time has passed. */
  tick(nowMs: number): void {
    this.nowMs = nowMs;
    this.drop();
    for (const shard of [...this.index.shards]) this.begin(shard);
  }

  /** What was appended, in the order of the topic and without a gap. */
  onAppended(partition: number, letters: readonly StoredLetter[]): void {
    for (const { letter: at, appendMs, value } of letters) {
      const letter = decodeDeadLetter(value ?? Buffer.alloc(0));
      const place = { partition, letter: at };
      const stored = { bytes: value?.length ?? 0, appendMs };
      this.index.add(place, stored, letter.kind === 'letter' ? letter : undefined);
      if (letter.kind === 'malformed') this.unreadable(place, letter.reason);
    }
    for (const shard of [...this.index.shards]) this.begin(shard);
  }

  onCoverage(shard: number, answer: Answer<ShardCoverage>): void {
    const delivery = this.of(shard);
    if (answer.kind !== 'answer') return this.pause(delivery);
    const { value } = answer;
    delivery.coverage = value;
    this.deliver(shard, (letter) => isCovered(letter, value));
    delivery.batch = this.index.first(shard, BATCH_BYTES);
    if (delivery.batch.length === 0) return this.end(delivery);
    const places = delivery.batch.map(({ partition, letter }) => ({ partition, letter }));
    this.options.emit({ kind: 'read-letters', shard, places });
  }

  /**
   * @param values In the order of the places, each undefined where it is gone: somebody else has
   * delivered it. undefined: the log did not answer.
   */
  onRead(shard: number, values: readonly (Buffer | null | undefined)[] | undefined): void {
    const delivery = this.of(shard);
    if (values === undefined) return this.pause(delivery);
    const { topic, rules, epoch, emit } = this.options;
    const delta = new LetterDelta(topic, delivery.coverage, rules);
    const gone = new Set(delivery.batch.filter((_, index) => values[index] === undefined));
    delivery.batch = delivery.batch.filter((letter, index) => {
      const value = values[index];
      return value !== undefined && this.add(delta, shard, letter, value, delivery.deltaBytes);
    });
    this.deliver(shard, (letter) => gone.has(letter));
    const request = delta.request(shard, epoch);
    if (request === undefined) return this.pause(delivery);
    emit({ kind: 'flush', shard, request });
  }

  onFlushed(shard: number, outcome: FlushOutcome): void {
    const delivery = this.of(shard);
    switch (outcome.kind) {
      case 'applied':
      case 'already_applied': {
        const sent = new Set(delivery.batch);
        this.deliver(shard, (letter) => sent.has(letter));
        delivery.deltaBytes = Math.min(2 * Math.max(1, delivery.deltaBytes), DELTA_BYTES);
        delivery.pauseMs = FIRST_PAUSE_MS;
        return this.end(delivery, shard);
      }
      case 'rebuild':
        // With an overlap somebody else brought some of it: what is covered is read anew.
        if (outcome.why !== 'too_large' || delivery.deltaBytes === 0) return this.pause(delivery);
        halve(delivery);
        return this.end(delivery, shard);
      case 'retry':
        if (outcome.isSlow === true) halve(delivery);
        return this.pause(delivery);
      case 'halt':
        return this.pause(delivery);
    }
  }

  /** Letters of the partition below that one are gone. */
  onDropped(partition: number, before: bigint): void {
    if ((this.dropping.get(partition) ?? 0n) <= before) this.dropping.delete(partition);
  }

  private begin(shard: number): void {
    const delivery = this.of(shard);
    if (delivery.isBusy || this.nowMs < delivery.nextAtMs || this.index.size(shard) === 0) return;
    delivery.isBusy = true;
    const letters = this.index.first(shard, BATCH_BYTES);
    const partitions = [...new Set(letters.map(({ partition }) => partition))];
    this.options.emit({ kind: 'read-coverage', shard, partitions });
  }

  /** Whether it is part of the delta now. */
  private add(
    delta: LetterDelta,
    shard: number,
    indexed: IndexedLetter,
    value: Buffer | null,
    maxBytes: number,
  ): boolean {
    const letter = decodeDeadLetter(value ?? Buffer.alloc(0));
    if (letter.kind === 'letter' && this.misses(letter, shard)) return false;
    const added =
      letter.kind === 'letter'
        ? delta.add(indexed.partition, letter, maxBytes)
        : ({ kind: 'unreadable', reason: letter.reason } as const);
    if (added.kind === 'unreadable') {
      this.index.setAside(shard, indexed);
      this.unreadable(indexed, added.reason);
    }
    return added.kind === 'whole';
  }

  /** Whether its records name what is not known here, which is asked for then. */
  private misses({ records }: DeadLetter, shard: number): boolean {
    const { knowsVersion, rules, emit } = this.options;
    for (const { counted, registryVersion, catalogPosition: position } of records) {
      // Where nothing is counted nothing has to be known: such events may be dead for that very reason.
      if (counted === 0) continue;
      if (knowsVersion(registryVersion) && rules.catalog.reaches(position)) continue;
      if (knowsVersion(registryVersion)) emit({ kind: 'miss-catalog', shard, position });
      else emit({ kind: 'miss-version', shard, registryVersion });
      return true;
    }
    return false;
  }

  private unreadable({ partition, letter }: LetterPlace, reason: string): void {
    this.options.emit({ kind: 'unreadable', partition, letter, reason });
  }

  private deliver(shard: number, isDelivered: (letter: IndexedLetter) => boolean): void {
    const before = this.index.size(shard);
    this.index.deliver(shard, isDelivered);
    const letters = before - this.index.size(shard);
    if (letters > 0) this.options.emit({ kind: 'delivered', shard, letters });
    for (const [partition, first] of this.index.takeDelivered())
      this.dropping.set(partition, first);
    if (letters > 0) this.drop();
  }

  private drop(): void {
    for (const [partition, before] of this.dropping)
      this.options.emit({ kind: 'drop', partition, before });
  }

  /** @param next The shard that goes on at once. */
  private end(delivery: ShardDelivery, next?: number): void {
    delivery.isBusy = false;
    delivery.nextAtMs = this.nowMs;
    if (next !== undefined) this.begin(next);
  }

  private pause(delivery: ShardDelivery): void {
    delivery.isBusy = false;
    delivery.nextAtMs = this.nowMs + delivery.pauseMs;
    delivery.pauseMs = Math.min(2 * delivery.pauseMs, MAX_PAUSE_MS);
  }

  private of(shard: number): ShardDelivery {
    const known = this.deliveries.get(shard);
    if (known !== undefined) return known;
    const delivery: ShardDelivery = {
      isBusy: false,
      nextAtMs: this.nowMs,
      pauseMs: FIRST_PAUSE_MS,
      deltaBytes: DELTA_BYTES,
      coverage: new Map(),
      batch: [],
    };
    this.deliveries.set(shard, delivery);
    return delivery;
  }
}

/** Down to one record. */
function halve(delivery: ShardDelivery): void {
  delivery.deltaBytes >>= 1;
}
