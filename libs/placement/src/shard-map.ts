import { SLOTS } from './series.js';

/** Path of the node that holds the map. */
export const SHARD_MAP_NODE = '/shard-map';

/** Slots from (inclusive) to (exclusive) are assigned to a shard. */
export interface SlotRange {
  readonly from: number;
  readonly to: number;
  readonly shard: number;
}

/** The document that says where slots are; the epoch grows with every change. */
export interface ShardMapDocument {
  readonly epoch: number;
  /** Ascending, from slot 0 to 1023 without gaps. */
  readonly slots: readonly SlotRange[];
}

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

  /** Throws a RangeError that says what is wrong with the document. */
  static parse(value: unknown): ShardMap {
    const { epoch, slots } = value as Partial<ShardMapDocument>;
    if (!Number.isSafeInteger(epoch) || Number(epoch) < 1)
      throw new RangeError(`expected an epoch from 1, got ${String(epoch)}`);
    if (!Array.isArray(slots)) throw new RangeError('expected a list of slot ranges');
    let next = 0;
    for (const { from, to, shard } of slots as readonly SlotRange[]) {
      if (from !== next || !Number.isInteger(to) || to <= from || to > SLOTS)
        throw new RangeError(`expected a range of slots from ${next}, got ${from} to ${to}`);
      if (!Number.isInteger(shard) || shard < 0 || shard > 1023)
        throw new RangeError(`expected a shard from 0 to 1023, got ${shard}`);
      next = to;
    }
    if (next !== SLOTS) throw new RangeError(`slots ${next} to ${SLOTS - 1} have no shard`);
    return new ShardMap({ epoch: Number(epoch), slots: slots as readonly SlotRange[] });
  }

  /** The checked document alone, for those who keep it in ZooKeeper. Throws like `parse`. */
  static parseDocument(value: unknown): ShardMapDocument {
    return ShardMap.parse(value).document;
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

  shardOf(slot: number): number {
    const shard = this.shardBySlot[slot];
    if (shard === undefined) throw new RangeError(`expected a slot below ${SLOTS}, got ${slot}`);
    return shard;
  }
}
