import { type shardProxy, TallyError } from '@tally/contracts';

const MAX_OFFSET = 2n ** 63n - 1n;

/** The text of an int8multirange. Refuses ranges that are not ascending, disjoint and apart. */
export function toMultirange(ranges: readonly shardProxy.OffsetRange[]): string {
  let end = -1n;
  for (const { from, to } of ranges) {
    const [start, next] = [BigInt(from), BigInt(to)];
    if (start <= end || next <= start || next > MAX_OFFSET)
      throw new TallyError(
        'invalid_argument',
        `expected ranges of offsets that ascend and do not touch, got ${from} to ${to} after ${end}`,
      );
    end = next;
  }
  return `{${ranges.map(({ from, to }) => `[${from},${to})`).join(',')}}`;
}

/** Postgres writes ranges of integers with their end excluded, ascending and joined. */
export function fromMultirange(text: string): shardProxy.OffsetRange[] {
  return Array.from(text.matchAll(/\[(\d+),(\d+)\)/g), ([, from = '', to = '']) => ({ from, to }));
}
