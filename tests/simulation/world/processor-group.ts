import type { SimulatedProcessor } from './simulated-processor.js';

/** The consumer group: gives partitions to those that it believes alive. */
export class ProcessorGroup {
  private generation = 0;

  constructor(
    private readonly processors: readonly SimulatedProcessor[],
    private readonly partitions: number,
  ) {}

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
