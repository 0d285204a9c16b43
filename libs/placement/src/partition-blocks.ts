import {
  encodeBlockHeader,
  fingerprintPrefixAt,
  MAX_BLOCK_BODY_BYTES,
  MAX_BLOCK_EVENTS,
  type Entries,
  type EventMeaning,
} from '@tally/contracts';
import { partitionOf } from './partition.js';

/** A body whose entries were checked. */
export interface CheckedBody {
  readonly bytes: Buffer;
  readonly entries: Entries;
}

/** What the headers of all blocks say alike. */
export interface BlockTerms extends EventMeaning {
  /** Appended later they are void: ms since 1970, by the log's clock. */
  readonly notAfterMs: number;
  /** Behind the last record of the catalogue that is known; absent: none is. */
  readonly catalogPosition?: bigint;
}

/** One record to append. */
export interface PartitionBlock {
  readonly partition: number;
  /** Header and body, see block-header. */
  readonly record: Buffer;
}

/** A block whose entries are counted, then copied to where they stay. */
class GrowingBlock {
  count = 0;
  /** Bytes of all entries. */
  bodyBytes = 0;
  private record = Buffer.alloc(0);
  private at = 0;

  constructor(private readonly partition: number) {}

  /** `entryBytes`: of one more entry. */
  hasRoom(entryBytes: number): boolean {
    return this.count < MAX_BLOCK_EVENTS && this.bodyBytes + entryBytes <= MAX_BLOCK_BODY_BYTES;
  }

  begin({ schemaId, registryVersion, notAfterMs, catalogPosition }: BlockTerms): void {
    const { count } = this;
    const said = { schemaId, registryVersion, notAfterMs, catalogPosition, count };
    const header = encodeBlockHeader(said);
    this.record = Buffer.allocUnsafe(header.length + this.bodyBytes);
    this.at = header.copy(this.record);
  }

  copy(entry: Uint8Array): void {
    this.record.set(entry, this.at);
    this.at += entry.length;
  }

  finish(): PartitionBlock {
    return { partition: this.partition, record: this.record };
  }
}

/**
 * Distributes the entries of some bodies over the partitions: for each partition that gets any, the
 * fewest blocks that hold them, in the order of the bodies. Entries are copied, never decoded.
 */
export function partitionBlocks(
  bodies: readonly CheckedBody[],
  partitions: number,
  terms: BlockTerms,
): PartitionBlock[] {
  const byPartition: GrowingBlock[][] = Array.from({ length: partitions }, () => []);
  // No object for each entry: there are a hundred thousand of them a second.
  const blockOf: GrowingBlock[] = [];
  for (const { bytes, entries } of bodies) {
    for (let index = 0; index + 1 < entries.starts.length; index++) {
      const from = entries.starts[index] ?? 0;
      const partition = partitionOf(fingerprintPrefixAt(bytes, from), partitions);
      blockOf.push(grown(byPartition, partition, (entries.starts[index + 1] ?? 0) - from));
    }
  }
  const blocks = byPartition.flat();
  for (const block of blocks) block.begin(terms);
  let next = 0;
  for (const { bytes, entries } of bodies) {
    for (let index = 0; index + 1 < entries.starts.length; index++)
      blockOf[next++]?.copy(bytes.subarray(entries.starts[index], entries.starts[index + 1]));
  }
  return blocks.map((block) => block.finish());
}

/** The block of a partition that takes an entry of so many bytes, and has it counted: the last one, or a new one. */
function grown(
  byPartition: readonly GrowingBlock[][],
  partition: number,
  entryBytes: number,
): GrowingBlock {
  const blocks = byPartition[partition] ?? [];
  let block = blocks.at(-1);
  if (block?.hasRoom(entryBytes) !== true) {
    block = new GrowingBlock(partition);
    blocks.push(block);
  }
  block.count += 1;
  block.bodyBytes += entryBytes;
  return block;
}
