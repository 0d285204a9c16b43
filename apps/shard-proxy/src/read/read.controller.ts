import { Controller, Inject } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import type { shardProxy } from '@tally/contracts';
import { readCounters, readCoverage } from '@tally/count-store';
import type { ShardMetrics } from '../metrics.js';
import { Pools } from '../postgres/pools.js';
import { SHARD_METRICS } from '../postgres/postgres.module.js';
import { ShardGuard } from '../shard-map/shard-guard.js';

/** Tells when its caller has gone, or its deadline has passed. */
interface ReadCall {
  readonly cancelled: boolean;
  on(event: 'cancelled', listener: () => void): unknown;
}

@Controller()
export class ReadController {
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
    call: ReadCall,
  ): Promise<shardProxy.ReadCountersResponse> {
    const owns = await this.guard.admit(request.shard, request.epoch);
    const stop = this.metrics.readSeconds.startTimer({ what: 'counters' });
    const gone = new AbortController();
    call.on('cancelled', () => gone.abort());
    if (call.cancelled) gone.abort();
    return readCounters(this.pools.readFor(gone.signal), request, owns).finally(stop);
  }
}
