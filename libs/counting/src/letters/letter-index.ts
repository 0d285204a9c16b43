import type { DeadLetter, OffsetRange } from '@tally/contracts';
import type { ShardCoverage } from '../run/run-action.js';

/** Where a letter lies. */
export interface LetterPlace {
  readonly partition: number;
  readonly letter: bigint;
}

/** A letter that was not delivered yet; its events are not kept. */
export interface IndexedLetter extends LetterPlace {
  readonly ranges: readonly OffsetRange[];
  readonly bytes: number;
  /** When it was appended, ms since 1970. */
  readonly appendMs: number;
}

/** Which letters there are, by shard and in their order. Some 200 bytes each. */
export class LetterIndex {
  private readonly byShard = new Map<number, IndexedLetter[]>();
  /** By partition, in their order: letters from the first that was not delivered on, and which were. */
  private readonly order = new Map<number, Map<bigint, boolean>>();

  get isEmpty(): boolean {
    return this.byShard.size === 0;
  }

  get shards(): Iterable<number> {
    return this.byShard.keys();
  }

  /** How many there are for a shard. */
  size(shard: number): number {
    return this.byShard.get(shard)?.length ?? 0;
  }

  /** When the first of them was appended, ms since 1970. */
  oldestMs(shard: number): number | undefined {
    return this.byShard.get(shard)?.[0]?.appendMs;
  }

  /** @param letter undefined: nobody can read what lies there. */
  add(
    { partition, letter: at }: LetterPlace,
    { bytes, appendMs }: Pick<IndexedLetter, 'bytes' | 'appendMs'>,
    letter: DeadLetter | undefined,
  ): void {
    const order = this.order.get(partition) ?? new Map<bigint, boolean>();
    this.order.set(partition, order);
    order.set(at, false);
    if (letter === undefined) return;
    const indexed = { partition, letter: at, ranges: letter.ranges, bytes, appendMs };
    const known = this.byShard.get(letter.shard);
    if (known === undefined) this.byShard.set(letter.shard, [indexed]);
    else known.push(indexed);
  }

  /** The first letters for a shard, of at most so many bytes in all, or one. */
  first(shard: number, maxBytes: number): readonly IndexedLetter[] {
    const letters = this.byShard.get(shard) ?? [];
    let bytes = 0;
    const end = letters.findIndex((letter) => (bytes += letter.bytes) > maxBytes);
    return letters.slice(0, end === -1 ? letters.length : Math.max(1, end));
  }

  /** The shard has all that is in these letters. */
  deliver(shard: number, isDelivered: (letter: IndexedLetter) => boolean): void {
    const letters = this.byShard.get(shard) ?? [];
    const left = letters.filter((letter) => {
      const isDone = isDelivered(letter);
      if (isDone) this.order.get(letter.partition)?.set(letter.letter, true);
      return !isDone;
    });
    if (left.length === 0) this.byShard.delete(shard);
    else this.byShard.set(shard, left);
  }

  /** It is not delivered, and stays where it is. */
  setAside(shard: number, place: IndexedLetter): void {
    const letters = this.byShard.get(shard)?.filter((letter) => letter !== place) ?? [];
    if (letters.length === 0) this.byShard.delete(shard);
    else this.byShard.set(shard, letters);
  }

  /** Letters below these may go: by partition, where there are any since it was asked last. */
  takeDelivered(): ReadonlyMap<number, bigint> {
    const before = new Map<number, bigint>();
    for (const [partition, order] of this.order) {
      for (const [letter, isDone] of order) {
        if (!isDone) break;
        before.set(partition, letter + 1n);
        order.delete(letter);
      }
    }
    return before;
  }
}

/** Whether a shard has all that is in the letter. */
export function isCovered({ partition, ranges }: IndexedLetter, coverage: ShardCoverage): boolean {
  const covered = coverage.get(partition);
  return covered !== undefined && ranges.every(({ from, to }) => covered.firstMissing(from) >= to);
}
