import type { SimulatedProcessor } from './simulated-processor.js';
import type { VirtualTime } from './virtual-time.js';

const SESSION_MS = 1500;
const REJOIN_MS = 300;

/** The consumer group: gives partitions to those that it believes alive. */
export class ProcessorGroup {
  private generation = 0;

  constructor(
    private readonly processors: readonly SimulatedProcessor[],
    private readonly partitions: number,
    private readonly time: VirtualTime,
  ) {}

  /** It has ended and comes back after a time. */
  onCrashed(processor: SimulatedProcessor | undefined, forMs = REJOIN_MS): void {
    this.time.after(SESSION_MS, () => this.rebalance());
    this.time.after(forMs, () => {
      processor?.restart();
      this.rebalance();
    });
  }

  /**
   * One stands still. Its partitions are given to the others; it goes on with its own when it wakes, until
   * it hears that the group has gone on without it.
   */
  onPaused(processor: number, forMs: number): void {
    if (forMs <= SESSION_MS) return;
    this.time.after(SESSION_MS, () => this.rebalance(processor));
    this.time.after(forMs + REJOIN_MS, () => this.rebalance());
  }

  /** @param without One that it does not believe alive. */
  rebalance(without?: number): void {
    const live = this.processors.filter(
      ({ process }, number) => process.isUp && number !== without,
    );
    this.generation += 1;
    for (const [index, processor] of live.entries()) {
      const partitions = Array.from(
        { length: this.partitions },
        (_, partition) => partition,
      ).filter((partition) => (partition + this.generation) % live.length === index);
      processor.assign(this.generation, partitions);
    }
  }
}
