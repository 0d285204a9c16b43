import type { Random } from '../../failure/traffic/random.js';
import type { SimulatedLog } from './simulated-log.js';
import type { SimulatedShard } from './simulated-shard.js';
import type { VirtualTime } from './virtual-time.js';

/** A person comes when it suits. */
const COMES_WITHIN_MS = 3000;
const TRIES_AGAIN_MS = 700;

export interface OperatorWorld {
  readonly time: VirtualTime;
  readonly log: SimulatedLog;
  readonly shards: readonly SimulatedShard[];
  readonly random: Random;
  readonly tell: (line: string) => void;
}

/** Looks at partitions that were halted, and accepts that what the log has lost is gone. */
export class Operator {
  private readonly accepted = new Set<number>();
  private readonly looking = new Set<number>();

  constructor(private readonly world: OperatorWorld) {}

  /** Whether records of this partition were given up, in one shard at least. */
  gaveUp(partition: number): boolean {
    return this.accepted.has(partition);
  }

  /** An alarm: this partition is not counted. */
  look(partition: number): void {
    if (this.looking.has(partition)) return;
    this.looking.add(partition);
    const { time, random } = this.world;
    time.after(random.between(300, COMES_WITHIN_MS), () => this.accept(partition));
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
