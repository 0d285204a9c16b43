import { TallyError } from '@tally/contracts';
import { slotOf, type ShardMap } from '@tally/placement';

const SERIES_BYTES = 16;
/** A request of 1.6 MB; more are asked in several. */
export const MAX_SERIES = 100_000;

/**
 * The series of each shard that has any, in the order of the request; shards ascend. TallyError
 * `invalid_argument` when they are too many or no ids.
 */
export function scatter(series: Uint8Array, map: ShardMap): [shard: number, series: Buffer][] {
  const count = series.length / SERIES_BYTES;
  if (!Number.isInteger(count) || count > MAX_SERIES)
    throw new TallyError(
      'invalid_argument',
      `expected at most ${MAX_SERIES} series ids of 16 bytes, got ${series.length} bytes`,
    );
  const byShard = new Map<number, Uint8Array[]>();
  for (let at = 0; at < series.length; at += SERIES_BYTES) {
    const shard = map.shardOf(slotOf(series, at));
    const ids = byShard.get(shard);
    const id = series.subarray(at, at + SERIES_BYTES);
    if (ids === undefined) byShard.set(shard, [id]);
    else ids.push(id);
  }
  return [...byShard].sort(([a], [b]) => a - b).map(([shard, ids]) => [shard, Buffer.concat(ids)]);
}
