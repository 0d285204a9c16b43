import type { PartitionBounds } from '@tally/contracts';
import { OffsetSet } from '../coverage/offset-set.js';
import type { DeadLetters } from '../letters/dead-letters.js';
import type { AcceptedLosses } from './accepted-losses.js';
import type { RunAction, ShardCoverage } from './run-action.js';
import type { ShardRoster } from './shard-roster.js';
import { startingPoint, type StartingPoint } from './starting-point.js';

/** Whose beginning is looked for, with which shards. */
export interface RunStartOptions {
  readonly shards: readonly number[];
  readonly partitions: readonly number[];
  readonly losses: AcceptedLosses;
  readonly letters: DeadLetters;
  readonly roster: ShardRoster;
  /** How long the others wait for a shard that does not answer. */
  readonly shardPatienceMs: number;
  readonly emit: (action: RunAction) => void;
}

/** Where one partition begins, by what the shards and the log say. */
export interface PartitionStart {
  readonly partition: number;
  readonly bounds: PartitionBounds;
  /** By shard: what need not be counted for it again. */
  readonly covered: ReadonlyMap<number, OffsetSet>;
  readonly point: StartingPoint;
}

/**
 * Finds where counting begins: asks what stands in dead letters, then the shards what they cover, then
 * the log for its bounds. In this order, so that what is in letters no more is covered, and a log that
 * ends before what is covered has lost records for sure. A shard that does not answer is waited for,
 * once; one that was absent before is not.
 */
export class RunStart {
  private readonly coverage = new Map<number, ShardCoverage>();
  private readonly askedShards = new Set<number>();
  private readonly silent = new Set<number>();
  private readonly waitsUntilMs: number;
  private letters: 'unknown' | 'asked' | 'known' = 'unknown';
  private isLogAsked = false;

  constructor(private readonly options: RunStartOptions) {
    this.waitsUntilMs = options.roster.elapsedMs + options.shardPatienceMs;
  }

  /** Shards that were asked and have not answered. */
  get silentShards(): number {
    return this.silent.size;
  }

  /** Whether counting begins with this shard. */
  has(shard: number): boolean {
    return this.coverage.has(shard);
  }

  /** Asks what is not known and not asked yet. */
  ask(): void {
    const { emit } = this.options;
    if (this.letters === 'unknown') {
      this.letters = 'asked';
      return emit({ kind: 'read-letters' });
    }
    if (this.letters === 'known') this.askShards();
  }

  /** @param isKnown Whether it was answered what stands in letters. */
  onLetters(isKnown: boolean): void {
    this.letters = isKnown ? 'known' : 'unknown';
    if (isKnown) this.askShards();
  }

  /** @param coverage undefined: the shard did not answer. */
  onCoverage(shard: number, coverage: ShardCoverage | undefined): void {
    this.askedShards.delete(shard);
    if (coverage === undefined) {
      this.silent.add(shard);
    } else if (!this.isLogAsked) {
      // What it covers since then may lie behind the end that the log will name.
      this.silent.delete(shard);
      this.coverage.set(shard, coverage);
    }
    this.askLog();
  }

  /**
   * @param bounds undefined: the log did not answer.
   * @returns undefined as long as the bounds of some partition are not known.
   */
  onBounds(bounds: ReadonlyMap<number, PartitionBounds> | undefined): PartitionStart[] | undefined {
    this.isLogAsked = false;
    const starts: PartitionStart[] = [];
    for (const partition of this.options.partitions) {
      const within = bounds?.get(partition);
      if (within === undefined) return undefined;
      starts.push(this.startOf(partition, within));
    }
    return starts;
  }

  private startOf(partition: number, bounds: PartitionBounds): PartitionStart {
    const { shards, letters, losses } = this.options;
    const isLossAccepted = losses.reachTo(partition, bounds.low);
    const answered = new Map<number, OffsetSet>();
    const absent = new Map<number, OffsetSet>();
    for (const shard of shards) {
      const coverage = this.coverage.get(shard);
      if (coverage === undefined) absent.set(shard, letters.offsets(shard, partition));
      else answered.set(shard, letters.withCovered(shard, partition, coverage));
    }
    // Of an absent shard nobody knows what it has: its letters go on where the last one ended.
    const letterEnds = [...absent.values()].map(({ end }) => end).filter((end) => end > bounds.low);
    const point = startingPoint(answered.values(), letterEnds, bounds, isLossAccepted);
    return { partition, bounds, covered: new Map([...answered, ...absent]), point };
  }

  private askShards(): void {
    const { shards, emit } = this.options;
    if (this.isLogAsked) return;
    for (const shard of shards) {
      if (this.coverage.has(shard) || this.askedShards.has(shard)) continue;
      this.askedShards.add(shard);
      emit({ kind: 'read-coverage', shard, afterLetters: false });
    }
    this.askLog();
  }

  private askLog(): void {
    const { shards, emit } = this.options;
    if (this.isLogAsked || this.coverage.size === 0) return;
    if (!shards.every((shard) => this.coverage.has(shard) || this.goesWithout(shard))) return;
    this.isLogAsked = true;
    emit({ kind: 'ask-bounds' });
  }

  private goesWithout(shard: number): boolean {
    const { roster } = this.options;
    if (!this.silent.has(shard)) return false;
    return roster.isAbsent(shard) || roster.elapsedMs >= this.waitsUntilMs;
  }
}
