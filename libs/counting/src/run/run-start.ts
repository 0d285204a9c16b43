import type { PartitionBounds } from '@tally/contracts';
import { OffsetSet } from '../coverage/offset-set.js';
import type { AcceptedLosses } from './accepted-losses.js';
import type { RunAction, ShardCoverage } from './run-action.js';
import { startingPoint, type StartingPoint } from './starting-point.js';

/** Whose beginning is looked for, with which shards. */
export interface RunStartOptions {
  readonly shards: readonly number[];
  readonly partitions: readonly number[];
  readonly losses: AcceptedLosses;
  readonly emit: (action: RunAction) => void;
}

/** Where one partition begins, by what the shards and the log say. */
export interface PartitionStart {
  readonly partition: number;
  readonly bounds: PartitionBounds;
  /** By shard, all shards. */
  readonly covered: ReadonlyMap<number, OffsetSet>;
  readonly point: StartingPoint;
}

/**
 * Finds where counting begins: asks all shards what they cover, then the log for its bounds. In this
 * order, so that a log that ends before what is covered has lost records for sure.
 */
export class RunStart {
  private readonly coverage = new Map<number, ShardCoverage>();
  private readonly askedShards = new Set<number>();
  private isLogAsked = false;

  constructor(private readonly options: RunStartOptions) {}

  /** Asks what is not known and not asked yet. */
  ask(): void {
    const { shards, emit } = this.options;
    for (const shard of shards) {
      if (this.coverage.has(shard) || this.askedShards.has(shard)) continue;
      this.askedShards.add(shard);
      emit({ kind: 'read-coverage', shard });
    }
    if (this.coverage.size < shards.length || this.isLogAsked) return;
    this.isLogAsked = true;
    emit({ kind: 'ask-bounds' });
  }

  /** @param coverage undefined: the shard did not answer. */
  onCoverage(shard: number, coverage: ShardCoverage | undefined): void {
    this.askedShards.delete(shard);
    if (coverage === undefined) return;
    this.coverage.set(shard, coverage);
    if (this.coverage.size === this.options.shards.length) this.ask();
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
      const covered = this.coveredOf(partition);
      const isLossAccepted = this.options.losses.reachTo(partition, within.low);
      const point = startingPoint(covered.values(), within, isLossAccepted);
      starts.push({ partition, bounds: within, covered, point });
    }
    return starts;
  }

  private coveredOf(partition: number): ReadonlyMap<number, OffsetSet> {
    return new Map(
      [...this.coverage].map(([shard, covered]) => [
        shard,
        covered.get(partition) ?? new OffsetSet(),
      ]),
    );
  }
}
