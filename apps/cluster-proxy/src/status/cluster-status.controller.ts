import { Controller, Inject } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import type { clusterProxy } from '@tally/contracts';
import { CurrentShardMap } from '../shard-map/current-shard-map.js';
import { failureOf, ShardProxies } from '../shards/shard-proxies.js';

const SHARD_DEADLINE_MS = 2000;

@Controller()
export class ClusterStatusController {
  /** Every shard that ever had an instance: one that vanished is named as failed, not left out. */
  private readonly known = new Set<number>();

  constructor(
    @Inject(ShardProxies) private readonly shards: ShardProxies,
    @Inject(CurrentShardMap) private readonly shardMap: CurrentShardMap,
  ) {}

  @GrpcMethod('ClusterProxyService', 'GetClusterStatus')
  async getClusterStatus(): Promise<clusterProxy.GetClusterStatusResponse> {
    const mapped = this.shardMap.isKnown ? this.shardMap.get().shards : [];
    for (const shard of [...mapped, ...this.shards.present])
      if (Number.isInteger(shard)) this.known.add(shard);
    const numbers = [...this.known].sort((a, b) => a - b);
    return { shards: await Promise.all(numbers.map((shard) => this.ask(shard))) };
  }

  private async ask(shard: number): Promise<clusterProxy.ShardAnswer> {
    try {
      return {
        shard,
        status: await this.shards.call(shard, 'GetShardStatus', {}, SHARD_DEADLINE_MS),
      };
    } catch (error) {
      return { shard, failure: failureOf(error) };
    }
  }
}
