import type { PartitionBounds } from '@tally/contracts';
import type { PartitionReading } from './partition-reading.js';
import type { Positions } from './shard-flushes.js';

/** The partitions of a run that are read, by their numbers. */
export class PartitionReadings extends Map<number, PartitionReading> {
  /** Of those that are past all that was read back. */
  positions(): Positions {
    const positions = new Map<number, bigint>();
    for (const [partition, { position }] of this)
      if (position !== undefined) positions.set(partition, position);
    return positions;
  }

  /** How many are as that says. */
  countOf(is: (reading: PartitionReading) => boolean): number {
    let count = 0;
    for (const reading of this.values()) if (is(reading)) count += 1;
    return count;
  }

  /**
   * A log that was emptied has no record by which a reader would see that it missed some: why such a
   * partition cannot go on.
   */
  *emptied(
    bounds: ReadonlyMap<number, PartitionBounds> | undefined,
  ): Iterable<readonly [partition: number, reason: string]> {
    for (const [partition, { awaited }] of this) {
      const { low, high } = bounds?.get(partition) ?? { low: 0n, high: 1n };
      if (low === high && awaited < low)
        yield [partition, `offset ${awaited} was not read, but the log begins at ${low}`];
    }
  }
}
