import { parseDocument } from '@tally/contracts';
import { z } from 'zod';
import { SLOTS } from './series.js';

/** Path of the node that holds the map. */
export const SHARD_MAP_NODE = '/shard-map';

const SHARD = 'expected a shard from 0 to 1023';
const SLOT_RANGE = z.object(
  { from: z.number(), to: z.number(), shard: z.int(SHARD).min(0, SHARD).max(1023, SHARD) },
  'expected a range of slots',
);

const EPOCH = {
  error: ({ input }: { readonly input?: unknown }) =>
    `expected an epoch from 1, got ${String(input)}`,
};
const SHARD_MAP = z
  .object(
    {
      epoch: z.int(EPOCH).min(1, EPOCH),
      slots: z.array(SLOT_RANGE.readonly(), 'expected a list of slot ranges').readonly(),
    },
    'expected a shard map',
  )
  .superRefine(({ slots }, context) => {
    const problem = gapIn(slots);
    if (problem !== undefined) context.addIssue(problem);
  })
  .readonly();

/** Slots `from` (inclusive) to `to` (exclusive) are assigned to a shard. */
export type SlotRange = z.output<typeof SLOT_RANGE>;

/**
 * The document that says where slots are: ranges ascend, from slot 0 to 1023 without gaps; the epoch
 * grows with every change.
 */
export type ShardMapDocument = z.output<typeof SHARD_MAP>;

/** Which shard has a slot. Immutable: a change is another map with a greater epoch. */
export class ShardMap {
  readonly epoch: number;
  /** Numbers of all shards, ascending. */
  readonly shards: readonly number[];
  private readonly shardBySlot = new Uint16Array(SLOTS);

  private constructor(readonly document: ShardMapDocument) {
    this.epoch = document.epoch;
    for (const { from, to, shard } of document.slots) this.shardBySlot.fill(shard, from, to);
    this.shards = [...new Set(document.slots.map(({ shard }) => shard))].sort((a, b) => a - b);
  }

  /** RangeError that says what is wrong with the document. */
  static parse(value: unknown): ShardMap {
    return new ShardMap(ShardMap.parseDocument(value));
  }

  /** The checked document alone, for those who keep it in ZooKeeper. RangeError like `parse`. */
  static parseDocument(value: unknown): ShardMapDocument {
    return parseDocument(SHARD_MAP, value);
  }

  /** The map of the document if its epoch is greater, else the known one: epochs never go back. */
  static newest(
    known: ShardMap | undefined,
    document: ShardMapDocument | undefined,
  ): ShardMap | undefined {
    return document !== undefined && document.epoch > (known?.epoch ?? 0)
      ? ShardMap.parse(document)
      : known;
  }

  /** The first map of a new installation: the same number of slots for each shard. */
  static even(shards: number): ShardMap {
    const slots = Array.from({ length: shards }, (_, shard) => ({
      from: Math.floor((shard * SLOTS) / shards),
      to: Math.floor(((shard + 1) * SLOTS) / shards),
      shard,
    }));
    return ShardMap.parse({ epoch: 1, slots });
  }

  /** The shard that has a slot. RangeError for a slot that cannot be. */
  shardOf(slot: number): number {
    const shard = this.shardBySlot[slot];
    if (shard === undefined) throw new RangeError(`expected a slot below ${SLOTS}, got ${slot}`);
    return shard;
  }
}

/** Why ranges are not all slots, each once and ascending; undefined when they are. */
function gapIn(slots: readonly SlotRange[]): string | undefined {
  let next = 0;
  for (const { from, to } of slots) {
    if (from !== next || !Number.isInteger(to) || to <= from || to > SLOTS)
      return `expected a range of slots from ${next}, got ${from} to ${to}`;
    next = to;
  }
  return next === SLOTS ? undefined : `slots ${next} to ${SLOTS - 1} have no shard`;
}
