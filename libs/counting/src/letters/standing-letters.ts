import { decodeDeadLetter, type PartitionBounds, type StandingRange } from '@tally/contracts';
import { OffsetSet } from '../coverage/offset-set.js';

/**
 * What stands in letters of a partition, as its last one says; nothing where nobody can read that.
 *
 * @param value Of the last letter. @param bounds Of the partition of letters.
 */
export function standingBy(
  value: Buffer | null | undefined,
  { low, high }: PartitionBounds,
): StandingRange[] {
  const letter = decodeDeadLetter(value ?? Buffer.alloc(0));
  if (letter.kind !== 'letter') return [];
  const { shard, standing, ranges } = letter;
  const own = ranges.map((range) => ({ shard, ...range, lastLetter: high - 1n }));
  return [...standing, ...own].filter(({ lastLetter }) => lastLetter >= low);
}

/**
 * Which offsets of one partition stand in dead letters, by shard. Ranges that follow each other are one,
 * with the last letter that has some of it: as long as that letter is there, all of it counts as
 * standing; what was delivered of it meanwhile is covered.
 */
export class StandingLetters {
  private ranges: readonly StandingRange[] = [];

  [Symbol.iterator](): IterableIterator<StandingRange> {
    return this.ranges.values();
  }

  /** These offsets stand there too, the last of them in the letter at `letter`. */
  add(shard: number, offsets: OffsetSet, letter: bigint): void {
    for (const range of offsets) this.join({ shard, ...range, lastLetter: letter });
  }

  /** As another letter says. */
  join(range: StandingRange): void {
    const apart: StandingRange[] = [];
    let { from, to, lastLetter } = range;
    for (const other of this.ranges) {
      if (other.shard !== range.shard || other.to < from || other.from > to) {
        apart.push(other);
        continue;
      }
      if (other.from < from) from = other.from;
      if (other.to > to) to = other.to;
      if (other.lastLetter > lastLetter) lastLetter = other.lastLetter;
    }
    this.ranges = [...apart, { shard: range.shard, from, to, lastLetter }];
  }

  /** Letters below this one are gone: they were delivered. */
  forgetBelow(letter: bigint): void {
    if (this.ranges.some(({ lastLetter }) => lastLetter < letter))
      this.ranges = this.ranges.filter(({ lastLetter }) => lastLetter >= letter);
  }

  /** All that the shard covers was delivered. */
  forgetCovered(shard: number, covered: OffsetSet): void {
    this.ranges = this.ranges.filter(
      (range) => range.shard !== shard || covered.firstMissing(range.from) < range.to,
    );
  }

  has(shard: number): boolean {
    return this.of(shard).length > 0;
  }

  /** What stands there for the shard. */
  of(shard: number): readonly StandingRange[] {
    return this.ranges.filter((range) => range.shard === shard);
  }
}
