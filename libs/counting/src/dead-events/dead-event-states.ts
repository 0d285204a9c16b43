import type { IndexRange, shardProxy } from '@tally/contracts';

/** What a dead event is: no shard was told of it (`unsettled`), or what became of it since. */
export const DEAD_EVENT_STATES = ['open', 'replayed', 'discarded', 'unsettled'] as const;
export type DeadEventState = (typeof DEAD_EVENT_STATES)[number];

/** What one shard says of the dead events of a record. */
export interface ToldRecord extends Pick<
  shardProxy.DeadEventStates,
  'told' | 'replayed' | 'discarded'
> {
  readonly shard: number;
}

/** What the shards together say of one dead event. */
export interface ToldEvent {
  readonly state: DeadEventState;
  /** Those that were told of it. */
  readonly shards: readonly number[];
  /** Those where it is open. Several only where nobody could read whose series it is. */
  readonly openAt: readonly number[];
}

/** An event counts at one shard at most, so whoever says that it is settled is right. */
export function toldOf(index: number, records: readonly ToldRecord[]): ToldEvent {
  const told = records.filter((record) => has(record.told, index));
  const shards = told.map(({ shard }) => shard);
  const openAt = told
    .filter(({ replayed, discarded }) => !has(replayed, index) && !has(discarded, index))
    .map(({ shard }) => shard);
  if (told.some(({ replayed }) => has(replayed, index)))
    return { state: 'replayed', shards, openAt };
  if (told.some(({ discarded }) => has(discarded, index)))
    return { state: 'discarded', shards, openAt };
  return { state: openAt.length > 0 ? 'open' : 'unsettled', shards, openAt };
}

function has(ranges: readonly IndexRange[], index: number): boolean {
  return ranges.some(({ from, to }) => index >= from && index < to);
}
