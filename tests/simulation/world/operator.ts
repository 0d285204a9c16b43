import type { Random } from '../../failure/traffic/random.js';
import type { SimulatedLog } from './simulated-log.js';
import type { SimulatedShard } from './simulated-shard.js';
import type { VirtualTime } from './virtual-time.js';

/** A person comes when it suits. */
const COMES_WITHIN_MS = 3000;
const TRIES_AGAIN_MS = 700;
/** How far the clock of the log may be from true time without being set. */
const MAX_CLOCK_OFFSET_MS = 1000;

export interface OperatorWorld {
  readonly time: VirtualTime;
  readonly log: SimulatedLog;
  readonly shards: readonly SimulatedShard[];
  readonly random: Random;
  /** How long the log is kept; 0: for ever. */
  readonly logKeepMs: number;
  readonly tell: (line: string) => void;
}

/**
 * Looks at partitions that were halted, and accepts that what the log has lost is gone. Puts back copies
 * of shards that are no older than what the log is kept for.
 */
export class Operator {
  private readonly accepted = new Set<number>();
  private readonly looking = new Set<number>();

  constructor(private readonly world: OperatorWorld) {}

  /** Whether records of this partition were given up, in one shard at least. */
  gaveUp(partition: number): boolean {
    return this.accepted.has(partition);
  }

  restore(shard: SimulatedShard | undefined): void {
    if (shard !== undefined && this.isYoung(shard)) shard.restore();
  }

  promote(shard: SimulatedShard | undefined): void {
    if (shard !== undefined && this.isYoung(shard)) shard.promote();
  }

  /** An alarm: this partition is not counted. */
  look(partition: number): void {
    if (this.looking.has(partition)) return;
    this.looking.add(partition);
    const { time, random } = this.world;
    time.after(random.between(300, COMES_WITHIN_MS), () => this.accept(partition));
  }

  /** Whether the copy covers all but what was appended in that time, by the clock of the log. */
  private isYoung(shard: SimulatedShard): boolean {
    const { log, time, logKeepMs, tell } = this.world;
    if (logKeepMs === 0) return true;
    const sinceMs = time.nowMs + MAX_CLOCK_OFFSET_MS - logKeepMs;
    for (let partition = 0; partition < log.partitionCount; partition++)
      if (shard.savedUpTo(partition) < log.firstSince(partition, sinceMs)) {
        tell(`the copy of shard ${shard.shard} is too old for what the log is kept for`);
        return false;
      }
    return true;
  }

  /** In every shard, as often as it takes; without a record that is gone there is nothing to accept. */
  private accept(partition: number): void {
    const { time, log, shards, tell } = this.world;
    const low = log.bounds()?.get(partition)?.low;
    if (low === 0n) return;
    const present = shards.filter(({ isUp }) => isUp);
    if (low !== undefined && present.length > 0) {
      this.accepted.add(partition);
      for (const shard of present) shard.acceptLoss(partition, 0n, low);
      tell(`a person accepts that partition ${partition} begins at ${low}`);
    }
    if (low !== undefined && present.length === shards.length) this.looking.delete(partition);
    else time.after(TRIES_AGAIN_MS, () => this.accept(partition));
  }
}
