import type { CountedRecord } from '../aggregate/partition-counter.js';

/**
 * The records that some shard has not confirmed, by partition: what is in its sums and would be lost
 * with them. Offsets of a partition come in order.
 */
export class UnconfirmedRecords {
  private readonly partitions = new Map<number, CountedRecord[]>();
  private byteCount = 0;

  /** Of the events of all records that are kept. */
  get bytes(): number {
    return this.byteCount;
  }

  add(partition: number, counted: CountedRecord): void {
    const kept = this.partitions.get(partition);
    if (kept === undefined) this.partitions.set(partition, [counted]);
    else kept.push(counted);
    this.byteCount += bytesOf(counted);
  }

  /** Records of the partition from this offset on. */
  from(partition: number, offset: bigint): readonly CountedRecord[] {
    const kept = this.partitions.get(partition) ?? [];
    return kept.slice(firstAt(kept, offset));
  }

  /** All have confirmed what lies below this offset. */
  forget(partition: number, below: bigint): void {
    const kept = this.partitions.get(partition);
    if (kept === undefined) return;
    for (const counted of kept.splice(0, firstAt(kept, below))) this.byteCount -= bytesOf(counted);
  }

  forgetPartition(partition: number): void {
    for (const counted of this.partitions.get(partition) ?? []) this.byteCount -= bytesOf(counted);
    this.partitions.delete(partition);
  }
}

/** Where the first record at or after that offset stands. */
function firstAt(kept: readonly CountedRecord[], offset: bigint): number {
  const index = kept.findIndex(({ record }) => record.offset >= offset);
  return index === -1 ? kept.length : index;
}

function bytesOf({ record: { block } }: CountedRecord): number {
  return block.kind === 'block' ? block.body.length : 0;
}
