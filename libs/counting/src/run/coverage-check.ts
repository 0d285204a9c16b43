import type { RunAction, ShardCoverage } from './run-action.js';
import type { Positions } from './shard-flushes.js';

/** Who is checked, and how often. */
export interface CoverageCheckOptions {
  readonly shards: readonly number[];
  /** Time between two checks of one shard. */
  readonly intervalMs: number;
  readonly startedAtMs: number;
  readonly emit: (action: RunAction) => void;
}

/** An offset that a shard had confirmed and does not cover (any more). */
export interface LostOffset {
  readonly partition: number;
  readonly offset: bigint;
}

/** Coverage is the truth: now and then each shard is asked whether it has what it had confirmed. */
export class CoverageCheck {
  private readonly checkedAtMs: Map<number, number>;
  /** What the shard had confirmed when it was asked: what came later its answer may lack. */
  private readonly asked = new Map<number, Positions>();

  constructor(private readonly options: CoverageCheckOptions) {
    this.checkedAtMs = new Map(options.shards.map((shard) => [shard, options.startedAtMs]));
  }

  /** Asks the shard if that is due; a check that is not answered is due again at once. */
  askIfDue(shard: number, confirmed: Positions, nowMs: number): void {
    const { intervalMs, emit } = this.options;
    const isDue = nowMs - (this.checkedAtMs.get(shard) ?? 0) >= intervalMs;
    if (!isDue || this.asked.has(shard)) return;
    this.asked.set(shard, confirmed);
    emit({ kind: 'read-coverage', shard });
  }

  /** @param coverage undefined: the shard did not answer. */
  onCoverage(
    shard: number,
    coverage: ShardCoverage | undefined,
    nowMs: number,
  ): LostOffset | undefined {
    const confirmed = this.asked.get(shard);
    this.asked.delete(shard);
    if (coverage === undefined || confirmed === undefined) return undefined;
    this.checkedAtMs.set(shard, nowMs);
    for (const [partition, position] of confirmed) {
      const offset = coverage.get(partition)?.firstMissing(0n) ?? 0n;
      if (offset < position) return { partition, offset };
    }
    return undefined;
  }
}
