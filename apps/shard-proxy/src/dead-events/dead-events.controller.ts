import { Controller, Inject } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import type { shardProxy } from '@tally/contracts';
import {
  listDeadEventActions,
  parseSettlement,
  readDeadEvents,
  settleDeadEvents,
} from '@tally/count-store';
import { LOGGER, type Logger } from '@tally/service-kit';
import { Pools } from '../postgres/pools.js';
import { ShardGuard } from '../shard-map/shard-guard.js';

/** Events of the log that this shard was told are dead, and what people did with them. */
@Controller()
export class DeadEventsController {
  constructor(
    @Inject(ShardGuard) private readonly guard: ShardGuard,
    @Inject(Pools) private readonly pools: Pools,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** By the pool that writes: a replica may not have heard yet what was settled. */
  @GrpcMethod('ShardProxyService', 'ReadDeadEvents')
  async readDeadEvents(
    request: shardProxy.ReadDeadEventsRequest,
  ): Promise<shardProxy.ReadDeadEventsResponse> {
    await this.guard.admit(request.shard, request.epoch);
    return { records: await readDeadEvents(this.pools.write, request.records) };
  }

  @GrpcMethod('ShardProxyService', 'SettleDeadEvents')
  async settleDeadEvents(
    request: shardProxy.SettleDeadEventsRequest,
  ): Promise<shardProxy.SettleDeadEventsResponse> {
    const owns = await this.guard.admit(request.shard, request.epoch);
    const settled = await settleDeadEvents(this.pools.write, parseSettlement(request, owns));
    this.logger.warn(
      { records: request.events.length, settled, ...request.action },
      'somebody settles dead events',
    );
    return { settled };
  }

  @GrpcMethod('ShardProxyService', 'ListDeadEventActions')
  async listDeadEventActions(
    request: shardProxy.ListDeadEventActionsRequest,
  ): Promise<shardProxy.DeadEventActionsResponse> {
    await this.guard.admit(request.shard, request.epoch);
    return { actions: await listDeadEventActions(this.pools.read, request) };
  }
}
