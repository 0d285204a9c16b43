import type { DeadCause, DeadEvent, IndexRange } from '@tally/contracts';

/** What a record without dead events has of them. */
export const NO_DEAD = {
  /** What is kept of them beside the log. */
  events: [] as readonly DeadEvent[],
  /** By shard: the indexes of those that it is told of. */
  indexes: [] as readonly (readonly IndexRange[] | undefined)[],
};

/** The dead events of one record, as they are found in their order, and the shards that are told of them. */
export class DeadOfRecord {
  readonly events: DeadEvent[] = [];
  readonly indexes: (IndexRange[] | undefined)[] = [];

  /** @param shards That lack the record, and can be asked to count the event. None: it is not kept again. */
  add(index: number, cause: DeadCause, bytes: Buffer, shards: Iterable<number>): void {
    let isKept = false;
    for (const shard of shards) {
      isKept = true;
      addIndex((this.indexes[shard] ??= []), index);
    }
    if (isKept) this.events.push({ index, cause, length: bytes.length, bytes });
  }
}

/** Indexes come ascending. */
function addIndex(ranges: IndexRange[], index: number): void {
  const last = ranges.at(-1);
  if (last?.to === index) ranges[ranges.length - 1] = { from: last.from, to: index + 1 };
  else ranges.push({ from: index, to: index + 1 });
}
