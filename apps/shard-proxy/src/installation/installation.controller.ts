import { Controller, Inject } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import type { shardProxy } from '@tally/contracts';
import { readInstallation, readKeptNodes } from '@tally/count-store';
import { Pools } from '../postgres/pools.js';
import { ShardGuard } from '../shard-map/shard-guard.js';

/** Nodes in one answer: some hundred bytes each, a shard map tens of thousands. */
const PAGE = 500;

/** Needs neither ZooKeeper nor a shard map: it is asked when they are gone. */
@Controller()
export class InstallationController {
  constructor(
    @Inject(ShardGuard) private readonly guard: ShardGuard,
    @Inject(Pools) private readonly pools: Pools,
  ) {}

  /** From where deltas go, never from a replica: what may be used has to be there. */
  @GrpcMethod('ShardProxyService', 'GetInstallation')
  async getInstallation({
    afterPath,
  }: shardProxy.GetInstallationRequest): Promise<shardProxy.GetInstallationResponse> {
    const { write } = this.pools;
    const [{ id, topics }, nodes] = await Promise.all([
      readInstallation(write),
      readKeptNodes(write, { after: afterPath, to: '~' }, PAGE),
    ]);
    const more = nodes.length === PAGE;
    return { shard: this.guard.shard, id, topics: [...topics], nodes, more };
  }
}
