import type { StandingRange } from '@tally/contracts';
import type { CountedRecord } from '../aggregate/partition-counter.js';
import { OffsetSet } from '../coverage/offset-set.js';
import type { ReadingPause } from '../run/reading-pause.js';
import type { RunAction, ShardCoverage } from '../run/run-action.js';
import type { ShardRoster } from '../run/shard-roster.js';
import { LetterDraft } from './letter-draft.js';
import { StandingLetters } from './standing-letters.js';

/** A letter goes before the next tick when it has so many bytes: two blocks fit into it. */
const LETTER_BYTES = 512 << 10;
/** What waits to be appended; nothing is read while it is more. */
const MAX_WAITING_BYTES = 16 << 20;
const HOLDER = 'dead letters';

/** What stands in dead letters, by partition; a partition that is missing: nothing. */
export type Standing = ReadonlyMap<number, Iterable<StandingRange>>;

/** Of which partitions, and who is asked to append. */
export interface DeadLettersOptions {
  readonly partitions: readonly number[];
  /** How long what is small waits for more. */
  readonly intervalMs: number;
  readonly roster: Pick<ShardRoster, 'elapsedMs'>;
  readonly pause: ReadingPause;
  /** Does it when the dead events of all that was read are durable: a letter covers their records. */
  readonly afterDurable: (work: () => void) => void;
  readonly emit: (action: RunAction) => void;
}

interface PartitionLetters {
  readonly standing: StandingLetters;
  /** By shard. */
  readonly drafts: Map<number, LetterDraft>;
  /** On its way to the log. */
  flight: LetterDraft | undefined;
}

/**
 * What absent shards have to count, on its way into dead letters: one letter of each partition is
 * appended at a time. What stands there will be delivered, so nobody has to read it again.
 */
export class DeadLetters {
  private readonly partitions: ReadonlyMap<number, PartitionLetters>;
  private readonly lettered = new Set<number>();
  private flushedAtMs = Number.NEGATIVE_INFINITY;

  constructor(private readonly options: DeadLettersOptions) {
    this.partitions = new Map(
      options.partitions.map((partition) => [
        partition,
        { standing: new StandingLetters(), drafts: new Map(), flight: undefined },
      ]),
    );
  }

  /** Shards of which the events go into letters. */
  get absent(): ReadonlySet<number> {
    return this.lettered;
  }

  /** What stood in letters before. */
  learn(known: Standing): void {
    for (const [partition, ranges] of known)
      for (const range of ranges) this.partitions.get(partition)?.standing.join(range);
  }

  /** By partition: letters below that one were delivered and are gone. */
  forgetDelivered(firstLetters: ReadonlyMap<number, bigint> | undefined): void {
    for (const [partition, first] of firstLetters ?? [])
      this.partitions.get(partition)?.standing.forgetBelow(first);
  }

  /** The shard says that it covers this: so much was delivered. */
  forgetCovered(shard: number, coverage: ShardCoverage): void {
    for (const [partition, { standing }] of this.partitions)
      standing.forgetCovered(shard, coverage.get(partition) ?? new OffsetSet());
  }

  /** Whether something for it stands in letters, or is on its way there. */
  hasSome(shard: number): boolean {
    for (const { standing, drafts, flight } of this.partitions.values())
      if (standing.has(shard) || drafts.has(shard) || flight?.shard === shard) return true;
    return false;
  }

  /** What stands in letters for it, or is on its way there. */
  offsets(shard: number, partition: number): OffsetSet {
    const { standing, drafts, flight } = this.of(partition);
    const flying = flight?.shard === shard ? flight.offsets : undefined;
    return OffsetSet.union(standing.of(shard), drafts.get(shard)?.offsets, flying);
  }

  /** What it covers of the partition, and what it will cover when its letters are delivered. */
  withCovered(shard: number, partition: number, coverage: ShardCoverage): OffsetSet {
    return OffsetSet.union(coverage.get(partition), this.offsets(shard, partition));
  }

  /** From now on the events of this shard go into letters. */
  begin(shard: number): void {
    this.lettered.add(shard);
  }

  /** From now on they do not; what was drafted is appended all the same, and soon. */
  end(shard: number): void {
    this.lettered.delete(shard);
    this.flushedAtMs = Number.NEGATIVE_INFINITY;
  }

  /** What absent shards have to count of this record. */
  add(partition: number, counted: CountedRecord): void {
    for (const shard of this.lettered) this.draft(partition, shard, counted);
  }

  /** What one shard has to count of these records, in their order. */
  addFor(shard: number, partition: number, records: readonly CountedRecord[]): void {
    for (const counted of records) this.draft(partition, shard, counted);
  }

  /** Appends what was drafted, where nothing is on its way, if that is due. */
  flush(): void {
    const { roster, intervalMs } = this.options;
    if (roster.elapsedMs - this.flushedAtMs < intervalMs) return;
    this.flushedAtMs = roster.elapsedMs;
    for (const [partition, { drafts }] of this.partitions) {
      const [draft] = drafts.values();
      if (draft !== undefined) this.send(partition, draft);
    }
  }

  /** It is in the log, at that offset of the dead-letters topic. */
  onAppended(partition: number, letter: bigint): void {
    const { shard, offsets } = this.land(partition);
    this.of(partition).standing.add(shard, offsets, letter);
    this.flushLarge(partition);
    this.holdOrRelease();
  }

  /**
   * It is not in the log, as far as anybody knows: nothing more of its shard goes into letters.
   *
   * @returns that shard.
   */
  onRefused(partition: number): number {
    const { shard } = this.land(partition);
    this.end(shard);
    for (const { drafts } of this.partitions.values()) drafts.delete(shard);
    this.holdOrRelease();
    return shard;
  }

  /** Whether a record more may be counted. */
  hasRoom(): boolean {
    return this.lettered.size === 0 || this.holdOrRelease();
  }

  private get waitingBytes(): number {
    let bytes = 0;
    for (const { drafts, flight } of this.partitions.values()) {
      bytes += flight?.bytes ?? 0;
      for (const draft of drafts.values()) bytes += draft.bytes;
    }
    return bytes;
  }

  private draft(partition: number, shard: number, counted: CountedRecord): void {
    if (counted.fates[shard] === undefined) return;
    const { drafts } = this.of(partition);
    let draft = drafts.get(shard);
    if (draft === undefined) drafts.set(shard, (draft = new LetterDraft(shard)));
    draft.add(counted);
    if (draft.bytes >= LETTER_BYTES) this.send(partition, draft);
  }

  private flushLarge(partition: number): void {
    for (const draft of this.of(partition).drafts.values())
      if (draft.bytes >= LETTER_BYTES) return this.send(partition, draft);
  }

  private send(partition: number, draft: LetterDraft): void {
    const of = this.of(partition);
    if (of.flight !== undefined) return;
    of.drafts.delete(draft.shard);
    of.flight = draft;
    const letter = draft.encode([...of.standing]);
    const { afterDurable, emit } = this.options;
    afterDurable(() => emit({ kind: 'append-letter', partition, shard: draft.shard, letter }));
  }

  /** @returns whether there is room. */
  private holdOrRelease(): boolean {
    const { pause } = this.options;
    const hasRoom = this.waitingBytes < MAX_WAITING_BYTES;
    if (hasRoom) pause.release(HOLDER);
    else pause.hold(HOLDER);
    return hasRoom;
  }

  /** The letter that was on its way is not any more. */
  private land(partition: number): LetterDraft {
    const of = this.of(partition);
    const { flight } = of;
    if (flight === undefined) throw new Error(`no letter of partition ${partition} is on its way`);
    of.flight = undefined;
    return flight;
  }

  private of(partition: number): PartitionLetters {
    const found = this.partitions.get(partition);
    if (found === undefined) throw new RangeError(`partition ${partition} is not counted here`);
    return found;
  }
}
