import type { DeadLetters } from '../letters/dead-letters.js';
import type { CountedShards } from './counted-shards.js';
import type { PartitionReading } from './partition-reading.js';
import type { RunAction, ShardCoverage } from './run-action.js';
import type { ShardRoster } from './shard-roster.js';

/** Who may be absent, and what is known of the others. */
export interface AbsentShardsOptions {
  readonly all: readonly number[];
  readonly counted: CountedShards;
  readonly letters: DeadLetters;
  readonly roster: ShardRoster;
  readonly readings: ReadonlyMap<number, PartitionReading>;
  readonly emit: (action: RunAction) => void;
}

/** What is due for an absent shard that has answered. */
export type Return =
  /** It has all that was read, or its letters have: it is counted on. */
  | 'joins'
  /** Something has to be read again for it. */
  | 'rebuild'
  /** Not yet. */
  | 'later';

/** Asks shards that nothing is summed up for what they cover, until they can be counted again. */
export class AbsentShards {
  private readonly asked = new Set<number>();
  private readonly startedAfterMs: number;
  /** How long it took until all that shards have was read again, in the roster's time. */
  private caughtUpAfterMs: number | undefined;

  constructor(private readonly options: AbsentShardsOptions) {
    this.startedAfterMs = options.roster.elapsedMs;
  }

  /** Time has passed: asks those whose turn it is. */
  tick(): void {
    this.noteCaughtUp();
    const { all, counted, letters, roster, emit } = this.options;
    for (const shard of all) {
      if (counted.has(shard) || this.asked.has(shard) || !roster.asksAgain(shard)) continue;
      this.asked.add(shard);
      emit({ kind: 'read-coverage', shard, afterLetters: letters.hasSome(shard) });
    }
  }

  /** @param coverage undefined: it did not answer. */
  onCoverage(shard: number, coverage: ShardCoverage | undefined): Return {
    this.asked.delete(shard);
    if (coverage === undefined) return 'later';
    const { counted, letters, roster } = this.options;
    letters.forgetCovered(shard, coverage);
    if (letters.absent.has(shard)) {
      if (this.hasReadBack) {
        if (this.lacksNothing(shard, coverage)) return 'joins';
      }
      // While it is not known what was counted before, it is not known what the shard lacks of it.
      else if (counted.size > 0) return 'later';
    }
    // Where nobody is counted nothing is read either, and nobody is held up when it is read again.
    const heldUpForMs = counted.size === 0 ? 0 : this.caughtUpAfterMs;
    return roster.rejoins(shard, heldUpForMs) ? 'rebuild' : 'later';
  }

  private noteCaughtUp(): void {
    const { readings, roster } = this.options;
    if (this.caughtUpAfterMs !== undefined) return;
    for (const { hasCaughtUp } of readings.values()) if (!hasCaughtUp) return;
    this.caughtUpAfterMs = roster.elapsedMs - this.startedAfterMs;
  }

  private get hasReadBack(): boolean {
    for (const { position } of this.options.readings.values())
      if (position === undefined) return false;
    return true;
  }

  private lacksNothing(shard: number, coverage: ShardCoverage): boolean {
    const { letters, readings } = this.options;
    for (const [partition, { position }] of readings) {
      const offsets = letters.withCovered(shard, partition, coverage);
      if (position === undefined || offsets.firstMissing(0n) < position) return false;
    }
    return true;
  }
}
