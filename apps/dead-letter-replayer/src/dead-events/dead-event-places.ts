import { TallyError } from '@tally/contracts';

/** Where a dead event is kept: its record in the dead-events topic, and its index in the block. */
export interface Place {
  readonly partition: number;
  readonly record: bigint;
  readonly index: number;
}

const PLACE = /^(\d{1,10}):(\d{1,18}):(\d{1,10})$/;

/** What `next` was in an answer; empty: before the first. TallyError `invalid_argument`. */
export function placeOf(text: string): Place | undefined {
  if (text === '') return undefined;
  const [, partition, record, index] = PLACE.exec(text) ?? [];
  if (partition === undefined || record === undefined || index === undefined)
    throw new TallyError('invalid_argument', 'expected after to be what next was in an answer');
  return { partition: Number(partition), record: BigInt(record), index: Number(index) };
}

export function textOf({ partition, record, index }: Place): string {
  return `${partition}:${record}:${index}`;
}
