import type { Metadata, ServerUnaryCall } from '@grpc/grpc-js';
import { Controller, Inject } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import type { clusterProxy, shardProxy } from '@tally/contracts';
import { DEADLINES, type Deadlines } from '../counters/counters.controller.js';
import { CurrentShardMap } from '../shard-map/current-shard-map.js';
import { failureOf, ShardProxies, timeFor } from '../shards/shard-proxies.js';

type Call = ServerUnaryCall<unknown, unknown>;

/** Losses are of the log, so they go to every shard of the map; one that fails is named. */
@Controller()
export class LossController {
  constructor(
    @Inject(CurrentShardMap) private readonly shardMap: CurrentShardMap,
    @Inject(ShardProxies) private readonly shards: ShardProxies,
    @Inject(DEADLINES) private readonly deadlines: Deadlines,
  ) {}

  @GrpcMethod('ClusterProxyService', 'AcceptLoss')
  acceptLoss(
    { loss }: clusterProxy.AcceptLossRequest,
    _: Metadata,
    call: Call,
  ): Promise<clusterProxy.LossesResponse> {
    const deadlineMs = timeFor(this.deadlines.applyDeadlineMs, call.getDeadline());
    return this.askAll('AcceptLoss', { loss }, deadlineMs);
  }

  @GrpcMethod('ClusterProxyService', 'ListLosses')
  listLosses(
    _request: clusterProxy.ListLossesRequest,
    _: Metadata,
    call: Call,
  ): Promise<clusterProxy.LossesResponse> {
    const deadlineMs = timeFor(this.deadlines.readDeadlineMs, call.getDeadline());
    return this.askAll('ListLosses', {}, deadlineMs);
  }

  private async askAll(
    method: string,
    request: object,
    deadlineMs: number,
  ): Promise<clusterProxy.LossesResponse> {
    // Few and far between: who calls can wait for a look at the map in force.
    const { shards, epoch } = await this.shardMap.refresh();
    const asked = [...shards]
      .sort((a, b) => a - b)
      .map(async (shard) => {
        const question = { ...request, shard, epoch: String(epoch) };
        try {
          const losses = await this.shards.call<shardProxy.LossesResponse>(
            shard,
            method,
            question,
            deadlineMs,
          );
          return { shard, losses };
        } catch (error) {
          return { shard, failure: failureOf(error) };
        }
      });
    return { shards: await Promise.all(asked) };
  }
}
