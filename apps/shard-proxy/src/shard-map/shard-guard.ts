import { TallyError } from '@tally/contracts';
import { ShardMap, type ShardMapDocument } from '@tally/placement';

/** Where the guard has its map from: InstallationKeeper. */
export interface ShardMapSource {
  /** The newest map of the shard's own installation; throws TallyError `unavailable` when there is none. */
  readonly shardMap: ShardMapDocument;
  /** Looks into ZooKeeper now. */
  look(): Promise<void>;
}

/**
 * Lets in requests that were routed by the shard map that this instance knows. Its epoch never goes
 * back; while ZooKeeper is away the last one stays in force.
 */
export class ShardGuard {
  private map: ShardMap | undefined;

  constructor(
    readonly shard: number,
    private readonly source: ShardMapSource,
  ) {}

  /** TallyError `unavailable` before the first map was seen, or when ZooKeeper is another Tally's. */
  get known(): ShardMap {
    const document = this.source.shardMap;
    this.map = ShardMap.newest(this.map, document) ?? ShardMap.parse(document);
    return this.map;
  }

  /**
   * Which slots are of this shard. TallyError `invalid_argument` when another shard was meant,
   * `stale_epoch` when the map has another epoch, also after a look into ZooKeeper where the
   * request's is newer.
   */
  async admit(shard: number, epoch: string): Promise<(slot: number) => boolean> {
    if (shard !== this.shard)
      throw new TallyError(
        'invalid_argument',
        `this is shard ${this.shard}, the request is for ${shard}`,
      );
    let failed: Error | undefined;
    if (BigInt(epoch) > BigInt(this.map?.epoch ?? 0))
      await this.source.look().catch((error: Error) => (failed = error));
    const map = this.known;
    // Whatever else was found: the map may be the one that is asked for.
    if (failed !== undefined && BigInt(epoch) > BigInt(map.epoch)) throw failed;
    if (epoch !== String(map.epoch))
      throw new TallyError(
        'stale_epoch',
        `the shard map has epoch ${map.epoch}, the request ${epoch}`,
      );
    return (slot) => map.shardOf(slot) === this.shard;
  }
}
