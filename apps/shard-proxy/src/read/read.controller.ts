import { Controller, Inject } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import type { shardProxy } from '@tally/contracts';
import { readCounters, readCoverage, readGroups, type InSteps } from '@tally/count-store';
import { callerGone, type CallerCall } from '@tally/discovery';
import { inTurns, Turns } from '@tally/resilience';
import type { ShardMetrics } from '../metrics.js';
import { Pools } from '../postgres/pools.js';
import { SHARD_METRICS } from '../postgres/postgres.module.js';
import { ShardGuard } from '../shard-map/shard-guard.js';

@Controller()
export class ReadController {
  /** Shared by all answers. */
  private readonly turns = new Turns();

  constructor(
    @Inject(ShardGuard) private readonly guard: ShardGuard,
    @Inject(Pools) private readonly pools: Pools,
    @Inject(SHARD_METRICS) private readonly metrics: ShardMetrics,
  ) {}

  /** From where deltas go, never from a replica: what a processor sends next depends on it. */
  @GrpcMethod('ShardProxyService', 'GetCoverage')
  async getCoverage(
    request: shardProxy.GetCoverageRequest,
  ): Promise<shardProxy.GetCoverageResponse> {
    await this.guard.admit(request.shard, request.epoch);
    const stop = this.metrics.readSeconds.startTimer({ what: 'coverage' });
    return readCoverage(this.pools.write, request.partitions).finally(stop);
  }

  @GrpcMethod('ShardProxyService', 'ReadCounters')
  async readCounters(
    request: shardProxy.ReadCountersRequest,
    _metadata: unknown,
    call: CallerCall,
  ): Promise<shardProxy.ReadCountersResponse> {
    const owns = await this.guard.admit(request.shard, request.epoch);
    const stop = this.metrics.readSeconds.startTimer({ what: 'counters' });
    const asker = this.pools.readFor(callerGone(call));
    return readCounters(asker, request, owns, this.inSteps).finally(stop);
  }

  @GrpcMethod('ShardProxyService', 'ReadGroups')
  async readGroups(
    request: shardProxy.ReadGroupsRequest,
    _metadata: unknown,
    call: CallerCall,
  ): Promise<shardProxy.ReadGroupsResponse> {
    const owns = await this.guard.admit(request.shard, request.epoch);
    const stop = this.metrics.readSeconds.startTimer({ what: 'groups' });
    const asker = this.pools.readFor(callerGone(call));
    return readGroups(asker, request, owns, this.inSteps).finally(stop);
  }

  private readonly inSteps: InSteps = (steps) =>
    inTurns(steps, this.turns, this.metrics.longestHolds, 'rows');
}
