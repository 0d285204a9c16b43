import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { mersenne } from 'pure-rand/generator/mersenne';

/** Numbers that a seed decides: what a failed run did can be done again. */
export class Random {
  // The Mersenne Twister mixes its seed well: neighbouring seeds do different things from the first number on.
  private readonly generator;

  constructor(private readonly seed: number) {
    this.generator = mersenne(seed);
  }

  /** A generator of its own for each part, so that one part's haste does not change another's numbers. */
  part(number: number): Random {
    return new Random(this.seed * 1009 + number);
  }

  /** A whole number, both ends included. */
  between(from: number, to: number): number {
    return uniformInt(this.generator, from, to);
  }

  chance(percent: number): boolean {
    return this.between(1, 100) <= percent;
  }

  pick<T>(from: readonly T[]): T {
    if (from.length === 0) throw new Error('expected something to pick from');
    return from[this.between(0, from.length - 1)] as T;
  }

  shuffle<T>(items: readonly T[]): T[] {
    const left = [...items];
    return items.map(() => {
      const [taken] = left.splice(this.between(0, left.length - 1), 1);
      return taken as T;
    });
  }
}
