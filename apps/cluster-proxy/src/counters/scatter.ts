import { countSeriesIds, MAX_SUBJECTS, SERIES_ID_BYTES, TallyError } from '@tally/contracts';
import { seriesId, slotOf, type ShardMap } from '@tally/placement';

/**
 * The series ids of each shard that has any, in the order of the request; shards ascend. TallyError
 * `invalid_argument` when they are too many or no ids.
 */
export function scatter(seriesIds: Uint8Array, map: ShardMap): [shard: number, ids: Buffer][] {
  const ids = Array.from({ length: countSeriesIds(seriesIds) }, (_, index) => {
    const at = index * SERIES_ID_BYTES;
    return seriesIds.subarray(at, at + SERIES_ID_BYTES);
  });
  return byShard(ids, (id) => map.shardOf(slotOf(id))).map(([shard, own]) => [
    shard,
    Buffer.concat(own),
  ]);
}

/** As `scatter`, for subjects of one event type. */
export function scatterSubjects(
  {
    project,
    type,
    subjects,
  }: Record<'project' | 'type', string> & {
    readonly subjects: readonly string[];
  },
  map: ShardMap,
): [shard: number, subjects: string[]][] {
  if (subjects.length > MAX_SUBJECTS)
    throw new TallyError('invalid_argument', `expected at most ${MAX_SUBJECTS} subjects`);
  return byShard(subjects, (subject) => map.shardOf(slotOf(seriesId(project, type, subject))));
}

function byShard<Part>(
  parts: readonly Part[],
  shardOf: (part: Part) => number,
): [shard: number, parts: Part[]][] {
  const found = new Map<number, Part[]>();
  for (const part of parts) {
    const shard = shardOf(part);
    const own = found.get(shard);
    if (own === undefined) found.set(shard, [part]);
    else own.push(part);
  }
  return [...found].sort(([one], [other]) => one - other);
}
