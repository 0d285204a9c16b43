import { countSeriesIds, SERIES_ID_BYTES } from '@tally/contracts';
import { slotOf, type ShardMap } from '@tally/placement';

/**
 * The series ids of each shard that has any, in the order of the request; shards ascend. TallyError
 * `invalid_argument` when they are too many or no ids.
 */
export function scatter(seriesIds: Uint8Array, map: ShardMap): [shard: number, ids: Buffer][] {
  countSeriesIds(seriesIds);
  const byShard = new Map<number, Uint8Array[]>();
  for (let at = 0; at < seriesIds.length; at += SERIES_ID_BYTES) {
    const shard = map.shardOf(slotOf(seriesIds, at));
    const ids = byShard.get(shard);
    const id = seriesIds.subarray(at, at + SERIES_ID_BYTES);
    if (ids === undefined) byShard.set(shard, [id]);
    else ids.push(id);
  }
  return [...byShard].sort(([a], [b]) => a - b).map(([shard, ids]) => [shard, Buffer.concat(ids)]);
}
