import {
  readBatchHeader,
  MalformedFrame,
  readStoredRecords,
  retainRecords,
  type StoredRecord,
} from '@tally/kafka-wire';
import { hashOf, type KeyHash, type KeyOffsets } from './key-offsets.js';

/** What a cleaner knows of the keys of a partition. */
export interface CleanerOptions {
  /** Of all records from the beginning of the partition up to `endOffset`. */
  readonly keys: KeyOffsets;
  readonly endOffset: bigint;
  /** A record without a value, which deletes its key, goes when it is older: ms since 1970. */
  readonly tombstonesBeforeMs: number;
}

/** What becomes of a batch: the batches that are written instead, and how many of its records went. */
export interface Cleaned {
  readonly batches: readonly Buffer[];
  readonly removed: number;
}

/**
 * Decides which records stay, over all segments of a partition from its beginning on, in order. What
 * stays keeps its offset, and each batch still begins where the one before ended: the offsets of
 * records that went belong to the next batch, which ends with its own last record. So a reader that
 * asks for any offset gets records at or behind it.
 *
 * Two kinds of records stay although their key has a later one: the last one of a segment, so that the
 * segment still reaches its end, and one right before a batch that cannot be decoded, whose base is
 * what it is.
 *
 * Invariant: a record that deletes a key goes only when no earlier record of that key is left, or the
 * key would come back.
 */
export class Cleaner {
  /** Keys of which a record stayed that is not the last one: for its offset alone. */
  private readonly outdated = new Set<KeyHash>();
  private hasUndecodable = false;
  /** Where the next batch that is put out begins. */
  private next = 0n;
  /** The last record that was seen and is not put out, with its batch. */
  private withheld: { readonly batch: Buffer; readonly record: StoredRecord } | undefined;

  constructor(private readonly options: CleanerOptions) {}

  begin(baseOffset: bigint): void {
    this.next = baseOffset;
    this.withheld = undefined;
  }

  /** The next batch of the segment. */
  add(batch: Buffer): Cleaned {
    const records = recordsOf(batch);
    if (records === undefined) {
      this.hasUndecodable = true;
      const before = this.putOutWithheld();
      this.next = endOf(batch);
      return { batches: [...before, batch], removed: -before.length };
    }
    const kept = records.filter((record) => this.isKept(record));
    const last = records.at(-1);
    const isLastKept = kept.at(-1) === last;
    this.withheld = isLastKept || last === undefined ? undefined : { batch, record: last };
    if (kept.length === records.length && readBatchHeader(batch)?.baseOffset === this.next) {
      this.next = endOf(batch);
      return { batches: [batch], removed: 0 };
    }
    return { batches: this.putOut(batch, kept), removed: records.length - kept.length };
  }

  /** The segment has no further batch. */
  end(): Cleaned {
    const batches = this.putOutWithheld();
    return { batches, removed: -batches.length };
  }

  private putOutWithheld(): Buffer[] {
    const { withheld } = this;
    if (withheld === undefined) return [];
    const { batch, record } = withheld;
    if (record.key !== null) this.outdated.add(hashOf(record.key));
    this.withheld = undefined;
    return this.putOut(batch, [record]);
  }

  private putOut(batch: Buffer, records: readonly StoredRecord[]): Buffer[] {
    const last = records.at(-1);
    if (last === undefined) return [];
    const retained = retainRecords(batch, records, this.next);
    this.next = last.offset + 1n;
    return [retained];
  }

  private isKept({ key, value, offset, timestampMs }: StoredRecord): boolean {
    const { keys, endOffset, tombstonesBeforeMs } = this.options;
    // Nobody can say what it replaces.
    if (key === null || offset >= endOffset) return true;
    const hash = hashOf(key);
    const lastOffset = keys.lastOf(hash);
    if (lastOffset === undefined || lastOffset < offset) return true;
    if (lastOffset > offset) return false;
    const mayGo = value === null && timestampMs < tombstonesBeforeMs;
    return !mayGo || this.hasUndecodable || this.outdated.has(hash);
  }
}

/** undefined where they cannot be read: compressed, or not what a producer should have sent. */
export function recordsOf(batch: Buffer): readonly StoredRecord[] | undefined {
  try {
    return readStoredRecords(batch);
  } catch (error) {
    if (error instanceof MalformedFrame) return undefined;
    throw error;
  }
}

function endOf(batch: Buffer): bigint {
  const header = readBatchHeader(batch);
  if (header === undefined) throw new Error('expected a batch');
  return header.baseOffset + BigInt(header.count);
}
