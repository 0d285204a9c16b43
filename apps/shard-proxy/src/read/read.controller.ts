import { Controller, Inject } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import type { shardProxy } from '@tally/contracts';
import { readCounters, readCoverage } from '@tally/count-store';
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
    const { readSeconds, longestHolds } = this.metrics;
    const stop = readSeconds.startTimer({ what: 'counters' });
    return readCounters(this.pools.readFor(callerGone(call)), request, owns, (steps) =>
      inTurns(steps, this.turns, longestHolds, 'rows'),
    ).finally(stop);
  }
}
