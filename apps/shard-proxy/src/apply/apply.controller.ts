import { Controller, Inject } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import { MINUTE_MS, type SeriesName, type shardProxy, TallyError } from '@tally/contracts';
import { admitSeries, applyDelta, parseDelta, type ApplyResult } from '@tally/count-store';
import { LOGGER, type Logger } from '@tally/service-kit';
import type { ShardMetrics } from '../metrics.js';
import { Pools } from '../postgres/pools.js';
import { SHARD_METRICS } from '../postgres/postgres.module.js';
import { ShardGuard } from '../shard-map/shard-guard.js';

/** A type with too many values is told of by name so often. */
const TOLD_EVERY_MS = MINUTE_MS;

@Controller()
export class ApplyController {
  /** By the clock of performance. */
  private toldMs = -TOLD_EVERY_MS;

  constructor(
    @Inject(ShardGuard) private readonly guard: ShardGuard,
    @Inject(Pools) private readonly pools: Pools,
    @Inject(SHARD_METRICS) private readonly metrics: ShardMetrics,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  @GrpcMethod('ShardProxyService', 'ApplyDelta')
  async applyDelta(request: shardProxy.ApplyDeltaRequest): Promise<shardProxy.ApplyDeltaResponse> {
    const stop = this.metrics.applySeconds.startTimer();
    try {
      const owns = await this.guard.admit(request.shard, request.epoch);
      const asTold = parseDelta(request, owns);
      const admitted = await admitSeries(this.pools.write, request);
      this.tell(admitted.refused);
      const delta = admitted.request === request ? asTold : parseDelta(admitted.request, owns);
      const result = await applyDelta(this.pools.write, delta);
      this.metrics.deltas.inc({ outcome: result.kind.replace(' ', '_') });
      if (result.kind === 'applied') this.metrics.rows.inc(delta.rows.count);
      return answerOf(result, admitted.refused);
    } catch (error) {
      const outcome = error instanceof TallyError ? error.code : 'internal';
      this.metrics.deltas.inc({ outcome });
      throw error;
    } finally {
      stop();
    }
  }

  private tell(refused: readonly SeriesName[]): void {
    const [first] = refused;
    if (first === undefined) return;
    this.metrics.refusedSeries.inc(refused.length);
    const now = performance.now();
    if (now - this.toldMs < TOLD_EVERY_MS) return;
    this.toldMs = now;
    const { project, type, subject, dimensions } = first;
    this.logger.error(
      { project, type, subject, dimensions, refused: refused.length },
      'ALARM: a subject has more combinations of values than its type allows: further ones are counted as (other), see docs/runbooks/too-many-values.md',
    );
  }
}

const OUTCOMES = {
  applied: 'APPLY_OUTCOME_APPLIED',
  'already applied': 'APPLY_OUTCOME_ALREADY_APPLIED',
  overlap: 'APPLY_OUTCOME_OVERLAP',
} as const;

function answerOf(
  result: ApplyResult,
  refused: readonly SeriesName[],
): shardProxy.ApplyDeltaResponse {
  return {
    outcome: OUTCOMES[result.kind],
    uncovered: result.kind === 'overlap' ? result.uncovered : [],
    timelineId: result.identity?.timelineId ?? 0,
    systemIdentifier: result.identity?.systemIdentifier ?? '',
    startedAtMs: result.identity?.startedAtMs ?? '0',
    ...(refused.length > 0 && { refusedSeries: Buffer.concat(refused.map(({ id }) => id)) }),
  };
}
