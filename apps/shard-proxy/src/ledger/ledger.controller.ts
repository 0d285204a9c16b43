import { Controller, Inject } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import type { shardProxy } from '@tally/contracts';
import { acceptLoss, listLosses, readLedger } from '@tally/count-store';
import { LOGGER, type Logger } from '@tally/service-kit';
import { Pools } from '../postgres/pools.js';
import { ShardGuard } from '../shard-map/shard-guard.js';

@Controller()
export class LedgerController {
  constructor(
    @Inject(ShardGuard) private readonly guard: ShardGuard,
    @Inject(Pools) private readonly pools: Pools,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  @GrpcMethod('ShardProxyService', 'AcceptLoss')
  async acceptLoss(request: shardProxy.AcceptLossRequest): Promise<shardProxy.LossesResponse> {
    await this.guard.admit(request.shard, request.epoch);
    const loss = await acceptLoss(this.pools.write, request.loss);
    this.logger.warn({ ...loss }, 'records are gone, and somebody accepted it');
    return { losses: [loss] };
  }

  @GrpcMethod('ShardProxyService', 'ListLosses')
  async listLosses(request: shardProxy.ListLossesRequest): Promise<shardProxy.LossesResponse> {
    await this.guard.admit(request.shard, request.epoch);
    return { losses: await listLosses(this.pools.read, request) };
  }

  @GrpcMethod('ShardProxyService', 'ReadLedger')
  async readLedger(request: shardProxy.ReadLedgerRequest): Promise<shardProxy.ReadLedgerResponse> {
    await this.guard.admit(request.shard, request.epoch);
    return readLedger(this.pools.read, request);
  }
}
