import { TallyError } from '@tally/contracts';
import { ShardMap, type ShardMapDocument } from '@tally/placement';
import type { ConfigNode } from '@tally/zookeeper';

/**
 * Lets in requests that were routed by the shard map that this instance knows. Its epoch never goes
 * back; while ZooKeeper is away the last one stays in force.
 */
export class ShardGuard {
  private map: ShardMap | undefined;
  private reading: Promise<void> | undefined;
  readonly close: () => void;

  constructor(
    readonly shard: number,
    private readonly node: Pick<ConfigNode<ShardMapDocument>, 'read' | 'watch'>,
  ) {
    this.close = node.watch((current) => this.learn(current?.value));
  }

  /** TallyError `unavailable` before the first map was seen. */
  get known(): ShardMap {
    if (this.map === undefined)
      throw new TallyError('unavailable', `shard ${this.shard} does not know the shard map yet`);
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
    if (BigInt(epoch) > BigInt(this.map?.epoch ?? 0)) await this.readAgain();
    const map = this.known;
    if (epoch !== String(map.epoch))
      throw new TallyError(
        'stale_epoch',
        `the shard map has epoch ${map.epoch}, the request ${epoch}`,
      );
    return (slot) => map.shardOf(slot) === this.shard;
  }

  /** One read for all that wait for it. */
  private readAgain(): Promise<void> {
    this.reading ??= this.node
      .read()
      .then((current) => this.learn(current?.value))
      .finally(() => (this.reading = undefined));
    return this.reading;
  }

  private learn(document: ShardMapDocument | undefined): void {
    this.map = ShardMap.newest(this.map, document);
  }
}
