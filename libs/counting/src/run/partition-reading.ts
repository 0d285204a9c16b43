import { CURRENT_SCHEMA_ID, isLaterSchema } from '@tally/contracts';
import type { BlockRecord } from '../aggregate/block-record.js';
import { enrichedBytes } from '../aggregate/enriched-bytes.js';
import type { CountedRecord, PartitionCounter, Takers } from '../aggregate/partition-counter.js';
import type { RunAction } from './run-action.js';
import { goneWindow } from './starting-point.js';
import type { WindowMemory } from './window-memory.js';

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
      /** What the next record names and is not known here. */
      awaited: Unknown | undefined;
      /** Whether the next record waits until there is memory for its events. */
      awaitsMemory: boolean;
    };

/** What a block names by which nobody can say here what its events mean. */
type Unknown =
  /** A version of the registry. */
  | { readonly kind: 'version'; readonly registryVersion: number }
  /** A position of the catalogue. */
  | { readonly kind: 'catalog'; readonly position: bigint };

/** Which partition is read, and from where. */
export interface PartitionReadingOptions {
  readonly partition: number;
  /** The first offset that some shard lacks. */
  readonly start: bigint;
  /** The first offset that no shard has: below it, what is read is counted again for those that lack it. */
  readonly news: bigint;
  /** Offset of the first record that the log has. */
  readonly low: bigint;
  /** Whether a person accepted that it begins there: the window is what is left of it. */
  readonly isLossAccepted: boolean;
  readonly dedupWindowMs: number;
  readonly newCounter: () => PartitionCounter;
  /** Who gets what a record adds. */
  readonly takers: Takers;
  /** Told of each record that was counted. */
  readonly onCounted: (counted: CountedRecord) => void;
  /** Whether a record more may be counted that may add so much beyond what any record does. */
  readonly hasRoom: (moreBytes: number) => boolean;
  readonly memory: WindowMemory;
  /** Whether it is known here what events of that version of the registry mean. */
  readonly knowsVersion: (registryVersion: number) => boolean;
  /** Whether all of the catalogue below that position is known here. */
  readonly reachesCatalog: (position: bigint) => boolean;
  readonly emit: (action: RunAction) => void;
}

/**
 * One partition on its way from the first offset that a shard lacks to the end of the log. The dedup
 * window at that offset is a fact of the log alone, so it is read back before anything is counted.
 */
export class PartitionReading {
  private state: State;

  constructor(private readonly options: PartitionReadingOptions) {
    const { partition, start, low, emit } = options;
    if (start === low) {
      this.state = this.countFrom(start);
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
    return position !== undefined && position >= this.options.news;
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
        const windowStartMs = first.timestampMs - options.dedupWindowMs;
        this.state = { kind: 'seeking', windowStartMs: Math.max(0, windowStartMs), isAsked: false };
        this.ask();
        return undefined;
      }
      case 'seeking':
        return undefined;
      case 'counting':
        if (first.offset !== state.next || state.awaited !== undefined || state.awaitsMemory)
          return undefined;
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
          const later = this.laterSchemaOf(record, state.counter);
          if (later !== undefined)
            return `offset ${record.offset} has events of schema ${later}, this processor knows those up to ${CURRENT_SCHEMA_ID}: a later version has to count them`;
          state.awaited = this.take(record, state.counter);
          if (state.awaited !== undefined) {
            this.askMeaning(state.awaited);
            return undefined;
          }
          state.next = record.offset + 1n;
          options.memory.tell(options.partition, state.counter.windowSize);
        }
        return undefined;
    }
  }

  /**
   * What was awaited is known here, or not there at all: then nobody can say what the block means, and
   * the result is why the partition cannot go on.
   */
  onMeaning(isKnown: boolean): string | undefined {
    const { state, options } = this;
    if (state.kind !== 'counting' || state.awaited === undefined) return undefined;
    const { next, awaited } = state;
    if (!isKnown) return `offset ${next} names ${whatIsNowhere(awaited)}`;
    state.awaited = undefined;
    options.emit({ kind: 'read-from', partition: options.partition, offset: next });
    return undefined;
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
      this.state = this.countFrom(begin - 1n);
    } else if (low === 0n || isLossAccepted) {
      this.state = this.countFrom(begin);
    } else {
      return goneWindow(low);
    }
    return undefined;
  }

  /** Asks what is not known and not asked yet; reads on when there is memory again. */
  ask(): void {
    const { state, options } = this;
    if (state.kind === 'counting' && state.awaitsMemory && options.memory.isRelieved) {
      state.awaitsMemory = false;
      options.emit({ kind: 'read-from', partition: options.partition, offset: state.next });
    }
    if (state.kind !== 'seeking' || state.isAsked) return;
    state.isAsked = true;
    const { partition, emit } = options;
    emit({ kind: 'ask-offset-at', partition, timestampMs: state.windowStartMs });
  }

  private countFrom(from: bigint): State {
    const { partition, newCounter, emit } = this.options;
    emit({ kind: 'read-from', partition, offset: from });
    const counter = newCounter();
    return { kind: 'counting', counter, next: from, awaited: undefined, awaitsMemory: false };
  }

  /** What the record itself makes too old goes first: its append time will be what it is, however long it waits. */
  private isRoomFor(record: BlockRecord, counter: PartitionCounter): boolean {
    const { memory, partition } = this.options;
    if (!memory.isFull) return true;
    counter.forgetBefore(record);
    memory.tell(partition, counter.windowSize);
    return memory.isRelieved;
  }

  /** Schema of a block that has to be counted, and that only a later version can read. */
  private laterSchemaOf({ offset, block }: BlockRecord, counter: PartitionCounter) {
    if (block.kind !== 'block' || !isLaterSchema(block.schemaId)) return undefined;
    const { start, takers } = this.options;
    return offset >= start && counter.isLacked(offset, takers) ? block.schemaId : undefined;
  }

  /** What the record names and is not known here; undefined: it was taken. */
  private take(record: BlockRecord, counter: PartitionCounter): Unknown | undefined {
    const { start, takers, onCounted } = this.options;
    const { offset, block } = record;
    const unknown = this.unknownOf(block);
    // What is covered needs no meaning: it was counted, or somebody accepted that it is lost.
    if (offset < start || (unknown !== undefined && !counter.isLacked(offset, takers))) {
      counter.remember(record);
      return undefined;
    }
    if (unknown !== undefined) return unknown;
    onCounted(counter.count(record, takers));
    return undefined;
  }

  private unknownOf(block: BlockRecord['block']): Unknown | undefined {
    if (block.kind !== 'block') return undefined;
    const { registryVersion, catalogPosition: position } = block;
    const { knowsVersion, reachesCatalog } = this.options;
    if (!knowsVersion(registryVersion)) return { kind: 'version', registryVersion };
    return reachesCatalog(position) ? undefined : { kind: 'catalog', position };
  }

  private askMeaning(unknown: Unknown): void {
    const { partition, emit } = this.options;
    switch (unknown.kind) {
      case 'version':
        return emit({ ...unknown, kind: 'await-version', partition });
      case 'catalog':
        return emit({ ...unknown, kind: 'await-catalog', partition });
    }
  }
}

function moreBytesOf({ block }: BlockRecord): number {
  return block.kind === 'block' ? enrichedBytes(block.catalogPosition, block.count) : 0;
}

function whatIsNowhere(unknown: Unknown): string {
  return unknown.kind === 'version'
    ? `version ${unknown.registryVersion} of the event types, which is not in ZooKeeper`
    : `position ${unknown.position} of the catalogue, which ends before`;
}
