import {
  BLOCK_HEADER_BYTES,
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
}

/** One record to append. */
export interface PartitionBlock {
  readonly partition: number;
  /** Header and body, see block-header. */
  readonly record: Buffer;
}

/** An entry: which body, and from where to where. */
interface Slice {
  readonly bytes: Buffer;
  readonly from: number;
  readonly to: number;
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
  const slices: Slice[][] = Array.from({ length: partitions }, () => []);
  for (const { bytes, entries } of bodies) {
    for (let index = 0; index + 1 < entries.starts.length; index++) {
      const from = entries.starts[index] ?? 0;
      const to = entries.starts[index + 1] ?? 0;
      slices[partitionOf(fingerprintPrefixAt(bytes, from), partitions)]?.push({ bytes, from, to });
    }
  }
  return slices.flatMap((ofPartition, partition) =>
    cut(ofPartition).map((part) => ({ partition, record: join(part, terms) })),
  );
}

/** Cuts where a block would be too large or have too many events. */
function cut(slices: readonly Slice[]): Slice[][] {
  const parts: Slice[][] = [];
  let part: Slice[] = [];
  let size = 0;
  for (const slice of slices) {
    const length = slice.to - slice.from;
    if (part.length === MAX_BLOCK_EVENTS || size + length > MAX_BLOCK_BODY_BYTES) {
      parts.push(part);
      part = [];
      size = 0;
    }
    part.push(slice);
    size += length;
  }
  if (part.length > 0) parts.push(part);
  return parts;
}

function join(slices: readonly Slice[], terms: BlockTerms): Buffer {
  const size = slices.reduce((sum, { from, to }) => sum + to - from, BLOCK_HEADER_BYTES);
  const record = Buffer.allocUnsafe(size);
  const { schemaId, registryVersion, notAfterMs } = terms;
  encodeBlockHeader({ schemaId, registryVersion, notAfterMs, count: slices.length }).copy(record);
  let at = BLOCK_HEADER_BYTES;
  for (const { bytes, from, to } of slices) at += bytes.copy(record, at, from, to);
  return record;
}
