import { Controller, Inject } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import type { clusterProxy, shardProxy } from '@tally/contracts';
import { Peers, type Peer } from '@tally/discovery';
import { TallyError } from '@tally/service-kit';

const SHARD_DEADLINE_MS = 2000;

@Controller()
export class StatusController {
  private readonly shards: Peer;
  /** Every shard that ever had an instance: one that vanished is named as failed, not left out. */
  private readonly known = new Set<number>();

  constructor(@Inject(Peers) peers: Peers) {
    this.shards = peers.of('shard-proxy');
  }

  @GrpcMethod('ClusterProxyService', 'GetClusterStatus')
  async getClusterStatus(): Promise<clusterProxy.GetClusterStatusResponse> {
    for (const { attributes } of this.shards.instances.instances) {
      const shard = Number(attributes['shard']);
      if (Number.isInteger(shard)) this.known.add(shard);
    }
    const numbers = [...this.known].sort((a, b) => a - b);
    return { shards: await Promise.all(numbers.map((shard) => this.ask(shard))) };
  }

  private async ask(shard: number): Promise<clusterProxy.ShardAnswer> {
    try {
      const status = await this.shards.client.call<shardProxy.GetShardStatusResponse>(
        'GetShardStatus',
        {},
        {
          deadlineMs: SHARD_DEADLINE_MS,
          idempotent: true,
          select: ({ attributes }) => attributes['shard'] === String(shard),
        },
      );
      return { shard, status };
    } catch (error) {
      if (!(error instanceof TallyError)) throw error;
      return { shard, failure: { code: error.code, message: error.message } };
    }
  }
}
