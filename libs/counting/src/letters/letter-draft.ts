import {
  encodeDeadLetter,
  LETTER_RECORD_HEADER_BYTES,
  readEntries,
  type LetterRecord,
  type StandingRange,
} from '@tally/contracts';
import type { CountedRecord } from '../aggregate/partition-counter.js';
import { OffsetSet } from '../coverage/offset-set.js';

/** What a record means that is no block. */
const NOTHING = { schemaId: 0, registryVersion: 0, catalogPosition: 0n };

/** What one absent shard has to count of one partition, until it is a letter. */
export class LetterDraft {
  /** The offsets that it has. */
  readonly offsets = new OffsetSet();
  private readonly records: LetterRecord[] = [];
  private byteCount = 0;

  constructor(readonly shard: number) {}

  /** What its letter takes, but for ranges and what stands in others. */
  get bytes(): number {
    return this.byteCount;
  }

  /** Adds what the shard lacks of this record; nothing where it has it already. Offsets ascend. */
  add(counted: CountedRecord): void {
    const { record, appendMs } = counted;
    const fates = counted.fates[this.shard];
    if (fates === undefined) return;
    const { offset, block } = record;
    this.offsets.add(offset, offset + 1n);
    const deadIndexes = counted.dead.indexes[this.shard] ?? [];
    if (Object.values(fates).every((events) => events === 0) && deadIndexes.length === 0) return;
    const { schemaId, registryVersion, catalogPosition } = block.kind === 'block' ? block : NOTHING;
    const meaning = { schemaId, registryVersion, catalogPosition };
    const body = ownEntries(counted, this.shard);
    this.records.push({ offset, appendMs, ...meaning, ...fates, body, deadIndexes });
    this.byteCount += LETTER_RECORD_HEADER_BYTES + body.length;
  }

  /** @param standing What stands in letters of the partition before this one. */
  encode(standing: readonly StandingRange[]): Buffer {
    const { shard, offsets, records } = this;
    return encodeDeadLetter({ shard, standing, ranges: [...offsets], records });
  }
}

/** The entries of the shard's accepted events, one behind the other. */
function ownEntries({ record: { block }, owners }: CountedRecord, shard: number): Buffer {
  if (block.kind !== 'block') return Buffer.alloc(0);
  const entries = readEntries(block.body, block.count);
  if (entries.kind !== 'entries') return Buffer.alloc(0);
  const { starts } = entries;
  const own: Buffer[] = [];
  for (let index = 0; index < owners.length; index++)
    if (owners[index] === shard + 1)
      own.push(block.body.subarray(starts[index], starts[index + 1]));
  return Buffer.concat(own);
}
