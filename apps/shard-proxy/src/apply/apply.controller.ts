import { Controller, Inject } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import { type shardProxy, TallyError } from '@tally/contracts';
import { applyDelta, parseDelta, type ApplyResult } from '@tally/count-store';
import type { ShardMetrics } from '../metrics.js';
import { Pools } from '../postgres/pools.js';
import { SHARD_METRICS } from '../postgres/postgres.module.js';
import { ShardGuard } from '../shard-map/shard-guard.js';

@Controller()
export class ApplyController {
  constructor(
    @Inject(ShardGuard) private readonly guard: ShardGuard,
    @Inject(Pools) private readonly pools: Pools,
    @Inject(SHARD_METRICS) private readonly metrics: ShardMetrics,
  ) {}

  @GrpcMethod('ShardProxyService', 'ApplyDelta')
  async applyDelta(request: shardProxy.ApplyDeltaRequest): Promise<shardProxy.ApplyDeltaResponse> {
    const stop = this.metrics.applySeconds.startTimer();
    try {
      const owns = await this.guard.admit(request.shard, request.epoch);
      const delta = parseDelta(request, owns);
      const result = await applyDelta(this.pools.write, delta);
      this.metrics.deltas.inc({ outcome: result.kind.replace(' ', '_') });
      if (result.kind === 'applied') this.metrics.rows.inc(delta.rows.count);
      return answerOf(result);
    } catch (error) {
      const outcome = error instanceof TallyError ? error.code : 'internal';
      this.metrics.deltas.inc({ outcome });
      throw error;
    } finally {
      stop();
    }
  }
}

const OUTCOMES = {
  applied: 'APPLY_OUTCOME_APPLIED',
  'already applied': 'APPLY_OUTCOME_ALREADY_APPLIED',
  overlap: 'APPLY_OUTCOME_OVERLAP',
} as const;

function answerOf(result: ApplyResult): shardProxy.ApplyDeltaResponse {
  return {
    outcome: OUTCOMES[result.kind],
    uncovered: result.kind === 'overlap' ? result.uncovered : [],
    timelineId: result.identity?.timelineId ?? 0,
    systemIdentifier: result.identity?.systemIdentifier ?? '',
    startedAtMs: result.identity?.startedAtMs ?? '0',
  };
}
