import type { EventsTopic } from '@tally/placement';
import type { BlockRecord } from '../aggregate/block-record.js';
import { enrichedBytes } from '../aggregate/enriched-bytes.js';
import type { CountingRules } from '../aggregate/event-folder.js';
import {
  PartitionCounter,
  type CountedRecord,
  type Takers,
} from '../aggregate/partition-counter.js';
import type { OffsetSet } from '../coverage/offset-set.js';
import { GenerationDraft } from '../snapshots/generation-draft.js';
import type { WindowGeneration } from '../snapshots/window-generation.js';
import { BlockMeaning, type Awaited, type BlockMeaningOptions } from './block-meaning.js';
import type { RunAction } from './run-action.js';
import { goneWindow } from './starting-point.js';
import type { WindowMemory } from './window-memory.js';

/**
 * Records of a run whose events are dead because nobody here knows what they mean. Some are poison; where
 * there are more, something is wrong with ZooKeeper or with the order of an upgrade, and a person has to
 * look before everything is dead.
 */
const MAX_UNKNOWN_RECORDS = 100;
type State =
  /** The record before the first that counts is read for its append time. */
  | { readonly kind: 'probing' }
  /** The log is asked where the dedup window before that append time begins. */
  | { readonly kind: 'seeking'; readonly windowStartMs: number; isAsked: boolean }
  /** Records before the start are remembered, the others counted. */
  | {
      readonly kind: 'counting';
      readonly counter: PartitionCounter;
      next: bigint;
      /** From there on generations may be had of what the window was told; undefined: no more. */
      recallsAt: bigint | undefined;
      /** Whether one was asked for. */
      isRecalling: boolean;
      /** What the next record names and is not known here. */
      awaited: Awaited | undefined;
      /** Offset of the record for which that was looked for in vain. */
      looked: bigint | undefined;
      /** Records that were counted as dead, as nobody knows what they mean. */
      unknownRecords: number;
      /** Whether the next record waits until there is memory for its events. */
      awaitsMemory: boolean;
    };

type Counting = Extract<State, { readonly kind: 'counting' }>;

/** Which partition is read, and from where. */
export interface PartitionReadingOptions extends BlockMeaningOptions {
  /** The first offset that some shard lacks. */
  readonly start: bigint;
  /** Offset of the first record that the log has. */
  readonly low: bigint;
  /** Whether a person accepted that it begins there: the window is what is left of it. */
  readonly isLossAccepted: boolean;
  readonly topic: EventsTopic;
  /** Whether generations of the window are kept, and asked for. */
  readonly keepsGenerations: boolean;
  /** By shard: what need not be counted for it again. */
  readonly covered: ReadonlyMap<number, OffsetSet>;
  readonly rules: CountingRules;
  /** Who gets what a record adds. */
  readonly takers: Takers;
  /** Told of each record that was counted. */
  readonly onCounted: (counted: CountedRecord) => void;
  /** Whether a record more may be counted that may add so much beyond what any record does. */
  readonly hasRoom: (moreBytes: number) => boolean;
  readonly memory: WindowMemory;
  readonly emit: (action: RunAction) => void;
}

/**
 * One partition on its way from the first offset that a shard lacks to the end of the log. The dedup
 * window at that offset is a fact of the log alone, so it is read back before anything is counted.
 */
export class PartitionReading {
  private state: State;
  private readonly meaning: BlockMeaning;
  /** The first offset that no shard has: below it, what is read is counted again for those that lack it. */
  private readonly news: bigint;

  constructor(private readonly options: PartitionReadingOptions) {
    const { partition, start, low, covered, emit } = options;
    this.meaning = new BlockMeaning(options);
    this.news = [...covered.values()].reduce((most, { end }) => (end > most ? end : most), 0n);
    if (start === low) {
      this.state = this.countFrom(start, start);
    } else {
      this.state = { kind: 'probing' };
      emit({ kind: 'read-from', partition, offset: start - 1n });
    }
  }

  /** The next offset, once it is past all that was read back; undefined before. */
  get position(): bigint | undefined {
    const { state } = this;
    return state.kind === 'counting' && state.next >= this.options.start ? state.next : undefined;
  }

  /** Whether it is past all that some shard has. */
  get hasCaughtUp(): boolean {
    const { position } = this;
    return position !== undefined && position >= this.news;
  }

  /** The offset that it waits for, also while it reads back. */
  get awaited(): bigint {
    const { state, options } = this;
    return state.kind === 'counting' ? state.next : options.start - 1n;
  }

  /** Whether nothing is read because the dedup windows have all the memory that they may have. */
  get awaitsMemory(): boolean {
    return this.state.kind === 'counting' && this.state.awaitsMemory;
  }

  /** Whether nothing is read because only a later version may know a schema. */
  get awaitsSchema(): boolean {
    return this.state.kind === 'counting' && this.state.awaited?.kind === 'schema';
  }

  /** Append time of the last record: the next one's is not before. 0 before any. */
  get appendMs(): number {
    return this.state.kind === 'counting' ? this.state.counter.appendMs : 0;
  }

  /**
   * Records that were on their way when it went elsewhere are not the next ones: they come again. So do
   * those for which there is no room.
   *
   * @returns why the partition cannot go on.
   */
  onRecords(records: readonly BlockRecord[]): string | undefined {
    const { state, options } = this;
    const [first] = records;
    if (first === undefined) return undefined;
    switch (state.kind) {
      case 'probing': {
        if (first.offset !== options.start - 1n) return undefined;
        const windowStartMs = first.timestampMs - options.topic.dedupWindowMs;
        this.state = { kind: 'seeking', windowStartMs: Math.max(0, windowStartMs), isAsked: false };
        this.ask();
        return undefined;
      }
      case 'seeking':
        return undefined;
      case 'counting':
        if (first.offset !== state.next || state.awaited !== undefined || state.awaitsMemory)
          return undefined;
        if (state.isRecalling) return undefined;
        for (const record of records) {
          if (record.offset >= options.start && !options.hasRoom(moreBytesOf(record))) {
            const { partition, emit } = options;
            emit({ kind: 'read-from', partition, offset: record.offset });
            return undefined;
          }
          state.awaitsMemory = !this.isRoomFor(record, state.counter);
          if (state.awaitsMemory) {
            options.emit({ kind: 'await-memory', partition: options.partition });
            return undefined;
          }
          const problem = this.take(record, state);
          if (problem !== undefined) return problem;
          if (state.awaited !== undefined) {
            this.meaning.wait(state.awaited);
            return undefined;
          }
          state.next = record.offset + 1n;
          options.memory.tell(options.partition, state.counter.windowSize);
          if (state.next === state.recallsAt) {
            this.recall(state);
            return undefined;
          }
        }
        return undefined;
    }
  }

  /** What was awaited is known here, or not there: then it is looked for once more. */
  onMeaning(isKnown: boolean): void {
    const { state, meaning } = this;
    if (state.kind !== 'counting') return;
    const { awaited } = state;
    if (awaited === undefined || awaited.kind === 'schema') return;
    if (!isKnown) {
      const still = meaning.lookedFor(awaited);
      if (still !== undefined) {
        state.awaited = still;
        return meaning.wait(still);
      }
      state.looked = state.next;
    }
    this.readOn(state);
  }

  /**
   * What the window was told from the next offset on. The log says the rest: all of it, where there is no
   * such generation, or no memory for it without waiting.
   */
  onGeneration(generation: WindowGeneration | undefined): void {
    const { state, options } = this;
    if (state.kind !== 'counting' || !state.isRecalling) return;
    const { partition, start, memory, emit } = options;
    state.isRecalling = false;
    if (generation !== undefined && memory.hasRoomFor(generation.events)) {
      state.counter.recall(generation, state.next);
      state.next = generation.end;
      memory.tell(partition, state.counter.windowSize);
      if (state.next < start) return this.recall(state);
    }
    emit({ kind: 'read-from', partition, offset: state.next });
  }

  /**
   * @param from Where the dedup window begins in the log; undefined: the log did not answer.
   * @returns why the partition must not be counted: the window is gone in part.
   */
  onOffsetAt(from: bigint | undefined): string | undefined {
    const { state, options } = this;
    if (state.kind !== 'seeking') return undefined;
    if (from === undefined) {
      state.isAsked = false;
      return undefined;
    }
    const { start, low, isLossAccepted } = options;
    const begin = from < start ? from : start;
    if (begin > low) {
      // The record before it is older than the window and is read too: where it is, nothing of the
      // window is gone, and where it went meanwhile, the log goes on elsewhere and that is seen.
      this.state = this.countFrom(begin - 1n, begin);
    } else if (low === 0n || isLossAccepted) {
      this.state = this.countFrom(begin, begin);
    } else {
      return goneWindow(low);
    }
    return undefined;
  }

  /** Asks what is not known and not asked yet; reads on when there is memory again, or a wait is over. */
  ask(): void {
    const { state, options } = this;
    if (state.kind === 'counting' && state.awaited !== undefined)
      if (this.meaning.isOver(state.awaited)) this.readOn(state);
    if (state.kind === 'counting' && state.awaitsMemory && options.memory.isRelieved) {
      state.awaitsMemory = false;
      options.emit({ kind: 'read-from', partition: options.partition, offset: state.next });
    }
    if (state.kind !== 'seeking' || state.isAsked) return;
    state.isAsked = true;
    const { partition, emit } = options;
    emit({ kind: 'ask-offset-at', partition, timestampMs: state.windowStartMs });
  }

  /** @param begin Where the window begins: there, or one record later. */
  private countFrom(from: bigint, begin: bigint): State {
    const { partition, start, topic, keepsGenerations, covered, rules, emit } = this.options;
    const draft = this.newDraft(begin);
    const state: Counting = {
      kind: 'counting',
      counter: new PartitionCounter(partition, topic.dedupWindowMs, covered, rules, draft),
      next: from,
      recallsAt: keepsGenerations && begin < start ? begin : undefined,
      isRecalling: false,
      awaited: undefined,
      looked: undefined,
      unknownRecords: 0,
      awaitsMemory: false,
    };
    if (state.recallsAt === from) this.recall(state);
    else emit({ kind: 'read-from', partition, offset: from });
    return state;
  }

  private recall(state: Counting): void {
    const { partition, start, emit } = this.options;
    state.recallsAt = undefined;
    state.isRecalling = true;
    emit({ kind: 'read-generation', partition, from: state.next, to: start });
  }

  private newDraft(from: bigint): GenerationDraft | undefined {
    const { topic, partition, keepsGenerations, emit } = this.options;
    if (!keepsGenerations) return undefined;
    return new GenerationDraft({
      topic: topic.name,
      partition,
      dedupWindowMs: topic.dedupWindowMs,
      from,
      onClosed: (generation) => emit({ kind: 'write-generation', partition, generation }),
    });
  }

  private readOn(state: Counting): void {
    const { partition, emit } = this.options;
    state.awaited = undefined;
    emit({ kind: 'read-from', partition, offset: state.next });
  }

  /** What the record itself makes too old goes first: its append time will be what it is, however long it waits. */
  private isRoomFor(record: BlockRecord, counter: PartitionCounter): boolean {
    const { memory, partition } = this.options;
    if (!memory.isFull) return true;
    counter.forgetBefore(record);
    memory.tell(partition, counter.windowSize);
    return memory.isRelieved;
  }

  /**
   * Counts it, or says in the state what it needs first.
   *
   * @returns why the partition cannot go on.
   */
  private take(record: BlockRecord, state: Counting): string | undefined {
    const { start, takers, onCounted } = this.options;
    const { offset, block } = record;
    const { counter } = state;
    const isMeant = block.kind !== 'block' || this.meaning.isKnown(block);
    // What is covered needs no meaning: it was counted, or somebody accepted that it is lost.
    if (offset < start || (!isMeant && !counter.isLacked(offset, takers))) {
      counter.remember(record);
      return undefined;
    }
    const unknown = isMeant ? undefined : this.meaning.unknownOf(block, state.looked === offset);
    if (unknown?.kind === 'awaited') {
      state.awaited = unknown.awaited;
      return undefined;
    }
    if (unknown !== undefined && ++state.unknownRecords > MAX_UNKNOWN_RECORDS)
      return `${MAX_UNKNOWN_RECORDS} records were dead, as nobody here knows what they mean, and there are more: offset ${offset} ${unknown.lack}`;
    onCounted(counter.count(record, takers, unknown?.meaning));
    return undefined;
  }
}

function moreBytesOf({ block }: BlockRecord): number {
  return block.kind === 'block' ? enrichedBytes(block.catalogPosition, block.count) : 0;
}
