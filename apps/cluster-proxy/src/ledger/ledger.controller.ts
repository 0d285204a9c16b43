import type { Metadata, ServerUnaryCall } from '@grpc/grpc-js';
import { Controller, Inject } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import type { clusterProxy } from '@tally/contracts';
import { DEADLINES, type Deadlines } from '../counters/counters.controller.js';
import { CurrentShardMap } from '../shard-map/current-shard-map.js';
import { failureOf, ShardProxies, timeFor } from '../shards/shard-proxies.js';

type Call = ServerUnaryCall<unknown, unknown>;

/**
 * What became of the events of the log, and which of them are lost: asked of every shard of the map; one
 * that fails is named.
 */
@Controller()
export class LedgerController {
  constructor(
    @Inject(CurrentShardMap) private readonly shardMap: CurrentShardMap,
    @Inject(ShardProxies) private readonly shards: ShardProxies,
    @Inject(DEADLINES) private readonly deadlines: Deadlines,
  ) {}

  @GrpcMethod('ClusterProxyService', 'AcceptLoss')
  async acceptLoss(
    { loss }: clusterProxy.AcceptLossRequest,
    _: Metadata,
    call: Call,
  ): Promise<clusterProxy.LossesResponse> {
    const deadlineMs = timeFor(this.deadlines.applyDeadlineMs, call.getDeadline());
    return { shards: await this.askAll('AcceptLoss', 'losses', { loss }, deadlineMs) };
  }

  @GrpcMethod('ClusterProxyService', 'ListLosses')
  async listLosses(
    { after, limit }: clusterProxy.ListLossesRequest,
    _: Metadata,
    call: Call,
  ): Promise<clusterProxy.LossesResponse> {
    const deadlineMs = timeFor(this.deadlines.readDeadlineMs, call.getDeadline());
    return { shards: await this.askAll('ListLosses', 'losses', { after, limit }, deadlineMs) };
  }

  @GrpcMethod('ClusterProxyService', 'ReadLedger')
  async readLedger(
    { fromHour, toHour, partition }: clusterProxy.ReadLedgerRequest,
    _: Metadata,
    call: Call,
  ): Promise<clusterProxy.LedgerResponse> {
    const deadlineMs = timeFor(this.deadlines.readDeadlineMs, call.getDeadline());
    const question = { fromHour, toHour, partition };
    return { shards: await this.askAll('ReadLedger', 'ledger', question, deadlineMs) };
  }

  /** @param member Of the answer of one shard: what it said. */
  private async askAll(
    method: string,
    member: 'losses' | 'ledger',
    request: object,
    deadlineMs: number,
  ): Promise<(clusterProxy.ShardLosses & clusterProxy.ShardLedger)[]> {
    // Few and far between: who calls can wait for a look at the map in force.
    const { shards, epoch } = await this.shardMap.refresh();
    const asked = [...shards]
      .sort((a, b) => a - b)
      .map(async (shard) => {
        const question = { ...request, shard, epoch: String(epoch) };
        try {
          return { shard, [member]: await this.shards.call(shard, method, question, deadlineMs) };
        } catch (error) {
          return { shard, failure: failureOf(error) };
        }
      });
    return Promise.all(asked);
  }
}
