import { TallyError } from '@tally/contracts';
import { ShardMap, type ShardMapDocument } from '@tally/placement';
import { keepTrying } from '@tally/resilience';
import { type Logger } from '@tally/service-kit';
import type { ConfigNode } from '@tally/zookeeper';

const RETRY_MS = 500;

export interface CurrentShardMapOptions {
  readonly node: Pick<ConfigNode<ShardMapDocument>, 'read' | 'watch' | 'update'>;
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
  private readonly unwatch: () => void;
  private readonly stopping = new AbortController();

  constructor(private readonly options: CurrentShardMapOptions) {
    this.unwatch = options.node.watch((current) => this.learn(current?.value));
  }

  /** TallyError `unavailable` before the first one was seen. */
  get(): ShardMap {
    if (this.map === undefined)
      throw new TallyError('unavailable', 'the shard map is not known yet');
    return this.map;
  }

  get isKnown(): boolean {
    return this.map !== undefined;
  }

  /** Makes the first map if there is none; tries until ZooKeeper answers, or until closed. */
  async ensure(): Promise<void> {
    const { node, shards, logger } = this.options;
    const attempt = async () => {
      let current = await node.read();
      if (current === undefined) {
        // Of several that find none, one comes first and the others keep its map.
        current = await node.update((other) => other ?? ShardMap.even(shards).document);
        logger.info({ ...current.value }, 'the first shard map was made');
      }
      this.learn(current.value);
    };
    await keepTrying(attempt, {
      signal: this.stopping.signal,
      retryMs: RETRY_MS,
      onFailure: (error) => logger.warn({ error }, 'no shard map yet'),
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
