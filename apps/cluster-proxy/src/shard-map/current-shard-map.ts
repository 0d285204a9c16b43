import { TallyError } from '@tally/contracts';
import { ShardMap, type Installation, type ShardMapDocument } from '@tally/placement';
import { keepTrying } from '@tally/resilience';
import { type Logger } from '@tally/service-kit';
import type { ConfigNode } from '@tally/zookeeper';

const RETRY_MS = 500;

export interface CurrentShardMapOptions {
  readonly node: Pick<ConfigNode<ShardMapDocument>, 'read' | 'watch' | 'update'>;
  /** The installation, which is made first where all these shards agree; TallyError `unavailable`. */
  readonly installation: (shards: readonly number[]) => Promise<Installation>;
  /** Of a new installation. */
  readonly shards: number;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
}

/**
 * Where slots are: the map that ZooKeeper has, or had when it was last there. Its epoch never goes
 * back. A new installation, which has none, gets one; nothing else here ever changes it.
 */
export class CurrentShardMap {
  private map: ShardMap | undefined;
  private problem = 'the shard map is not known yet';
  private readonly unwatch: () => void;
  private readonly stopping = new AbortController();

  constructor(private readonly options: CurrentShardMapOptions) {
    this.unwatch = options.node.watch((current) => this.learn(current?.value));
  }

  /** TallyError `unavailable` before the first one was seen. */
  get(): ShardMap {
    if (this.map === undefined) throw new TallyError('unavailable', this.problem);
    return this.map;
  }

  get isKnown(): boolean {
    return this.map !== undefined;
  }

  /** Makes the first map if there is none; tries until ZooKeeper answers, or until closed. */
  async ensure(): Promise<void> {
    const { node, installation, shards, logger } = this.options;
    const attempt = async () => {
      let current = await node.read();
      const numbers = Array.from({ length: shards }, (_, shard) => shard);
      const { kept } = await installation(shardsOf(current?.value) ?? numbers);
      if (current === undefined) {
        if (kept.shardMap > 0)
          throw new TallyError(
            'unavailable',
            `ZooKeeper lost the shard map, of which shards keep epoch ${kept.shardMap}: restore it ` +
              'with tools/installation restore',
          );
        // Of several that find none, one comes first and the others keep its map.
        current = await node.update((other) => other ?? ShardMap.even(shards).document);
        logger.info({ ...current.value }, 'the first shard map was made');
      }
      this.learn(current.value);
    };
    await keepTrying(attempt, {
      signal: this.stopping.signal,
      retryMs: RETRY_MS,
      onFailure: (error) => {
        this.problem = error.message;
        logger.warn({ error }, 'no shard map yet');
      },
    });
  }

  /** Looks into ZooKeeper now: a shard says that our map is old. */
  async refresh(): Promise<ShardMap> {
    this.learn((await this.options.node.read())?.value);
    return this.get();
  }

  close(): void {
    this.stopping.abort();
    this.unwatch();
  }

  private learn(document: ShardMapDocument | undefined): void {
    this.map = ShardMap.newest(this.map, document);
  }
}

function shardsOf(document: ShardMapDocument | undefined): readonly number[] | undefined {
  return document && ShardMap.parse(document).shards;
}
