import type { DeadLetters } from '../letters/dead-letters.js';
import type { RunAction, ShardCoverage } from './run-action.js';
import type { Positions } from './shard-flushes.js';
import type { ShardRoster } from './shard-roster.js';

/** While something stands in letters for a shard, it is checked so often whether that was delivered. */
const DELIVERED_AFTER_MS = 5000;

/** Who is checked, and how often. */
export interface CoverageCheckOptions {
  readonly shards: readonly number[];
  /** Time between two checks of one shard. */
  readonly intervalMs: number;
  /** Whose time has passed, also where the clock was set back meanwhile. */
  readonly roster: Pick<ShardRoster, 'elapsedMs'>;
  /** What stands there will be delivered. */
  readonly letters: DeadLetters;
  readonly emit: (action: RunAction) => void;
}

/** What a shard said that it covers, and which database it is. */
export interface ShardAnswer {
  readonly value: ShardCoverage | undefined;
  /** undefined: it did not say. */
  readonly identity: string | undefined;
}

/** An offset that a shard had confirmed and does not cover (any more). */
export interface LostOffset {
  readonly partition: number;
  readonly offset: bigint;
}

/**
 * Coverage is the truth: now and then each shard is asked whether it has what it had confirmed, and at
 * once when another database answers for it than before, or when it answers again at all.
 */
export class CoverageCheck {
  /** In the roster's time. */
  private readonly checkedAtMs: Map<number, number>;
  /** What the shard had confirmed when it was asked: what came later its answer may lack. */
  private readonly asked = new Map<number, Positions>();
  /** What counting began with: it is left out for the shard, so it must stay there. */
  private readonly begunWith = new Map<number, ShardCoverage>();
  /** Of the database whose coverage was seen last. */
  private readonly identities = new Map<number, string>();

  constructor(private readonly options: CoverageCheckOptions) {
    this.checkedAtMs = new Map(options.shards.map((shard) => [shard, options.roster.elapsedMs]));
  }

  /** Counting will begin with what this shard says that it covers. */
  begin(shard: number, coverage: ShardCoverage): void {
    this.begunWith.set(shard, coverage);
  }

  /** Asks the shard, unless it is asked already. */
  ask(shard: number, confirmed: Positions): void {
    if (this.asked.has(shard)) return;
    this.asked.set(shard, confirmed);
    const { letters, emit } = this.options;
    emit({ kind: 'read-coverage', shard, afterLetters: letters.hasSome(shard) });
  }

  /** It is not counted any more: whatever it answers to what it was asked, nobody compares it. */
  forget(shard: number): void {
    this.asked.delete(shard);
  }

  /** Asks the shard if that is due; a check that is not answered is due again at once. */
  askIfDue(shard: number, confirmed: Positions): void {
    const { intervalMs, roster, letters } = this.options;
    const sinceMs = roster.elapsedMs - (this.checkedAtMs.get(shard) ?? 0);
    const isDue =
      sinceMs >= intervalMs || (sinceMs >= DELIVERED_AFTER_MS && letters.hasSome(shard));
    if (isDue) this.ask(shard, confirmed);
  }

  /** This database has answered; undefined: it did not say which it is. */
  askIfOther(shard: number, identity: string | undefined, confirmed: Positions): void {
    if (identity === undefined || identity === (this.identities.get(shard) ?? identity)) return;
    this.ask(shard, confirmed);
  }

  /** This database said what it covers. */
  learn(shard: number, identity: string | undefined): void {
    if (identity !== undefined) this.identities.set(shard, identity);
  }

  /**
   * @param answer Without `value`: the shard did not answer.
   * @param confirmed What it has confirmed by now.
   */
  onCoverage(
    shard: number,
    { value: coverage, identity }: ShardAnswer,
    confirmed: Positions,
  ): LostOffset | undefined {
    const asked = this.asked.get(shard);
    this.asked.delete(shard);
    if (asked === undefined) return undefined;
    if (coverage === undefined) {
      this.checkedAtMs.set(shard, Number.NEGATIVE_INFINITY);
      return undefined;
    }
    const lost = this.compare(shard, coverage, asked);
    if (lost !== undefined) return lost;
    this.checkedAtMs.set(shard, this.options.roster.elapsedMs);
    // What the one before confirmed while this one was asked has not been compared.
    if (confirmed !== asked) this.askIfOther(shard, identity, confirmed);
    this.learn(shard, identity);
    return undefined;
  }

  private compare(
    shard: number,
    coverage: ShardCoverage,
    confirmed: Positions,
  ): LostOffset | undefined {
    const { letters } = this.options;
    const missing = (partition: number, from: bigint) => {
      if (!letters.hasSome(shard)) return coverage.get(partition)?.firstMissing(from) ?? from;
      return letters.withCovered(shard, partition, coverage).firstMissing(from);
    };
    for (const [partition, position] of confirmed) {
      const offset = missing(partition, 0n);
      if (offset < position) return { partition, offset };
    }
    for (const [partition, ranges] of this.begunWith.get(shard) ?? [])
      for (const { from, to } of ranges) {
        const offset = missing(partition, from);
        if (offset < to) return { partition, offset };
      }
    return undefined;
  }
}
