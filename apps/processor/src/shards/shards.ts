import { TallyError, type shardProxy } from '@tally/contracts';
import { OffsetSet, type Answer, type FlushOutcome, type ShardCoverage } from '@tally/counting';
import type { Peer } from '@tally/discovery';

const OUTCOMES = {
  APPLY_OUTCOME_APPLIED: 'applied',
  APPLY_OUTCOME_ALREADY_APPLIED: 'already_applied',
  APPLY_OUTCOME_OVERLAP: 'overlap',
  APPLY_OUTCOME_UNSPECIFIED: undefined,
} as const;

export interface ShardsOptions {
  readonly clusterProxy: Peer;
  /** Until the outcome of a call counts as unknown. */
  readonly deadlineMs: number;
  /** Told of each call that got no answer, or one that refuses it. */
  readonly onFailure: (shard: number, error: TallyError) => void;
}

/**
 * The shards, reached through cluster-proxy. That one does not answer, or has another shard map, is
 * an answer too; a call that is aborted rejects with the signal's reason.
 */
export class Shards {
  constructor(private readonly options: ShardsOptions) {}

  /** Throws a TallyError when the shard refuses what sending it again cannot mend. */
  async applyDelta(
    request: shardProxy.ApplyDeltaRequest,
    signal: AbortSignal,
  ): Promise<FlushOutcome> {
    const answer = await this.ask<shardProxy.ApplyDeltaResponse>('ApplyDelta', request, signal);
    if (answer instanceof TallyError) {
      if (answer.code === 'stale_epoch') return 'stale_epoch';
      if (answer.retryable) return 'unknown';
      throw answer;
    }
    const outcome = OUTCOMES[answer.outcome];
    if (outcome !== undefined) return outcome;
    throw new TallyError('internal', `expected the outcome of a flush, got ${answer.outcome}`);
  }

  async coverage(
    shard: number,
    epoch: number,
    partitions: readonly shardProxy.Partition[],
    signal: AbortSignal,
  ): Promise<Answer<ShardCoverage>> {
    const request: shardProxy.GetCoverageRequest = { shard, epoch: String(epoch), partitions };
    const answer = await this.ask<shardProxy.GetCoverageResponse>('GetCoverage', request, signal);
    if (!(answer instanceof TallyError)) {
      const { coverage, acceptedLosses } = answer;
      return { kind: 'answer', value: offsetsOf(coverage), losses: offsetsOf(acceptedLosses) };
    }
    return { kind: answer.code === 'stale_epoch' ? 'stale_epoch' : 'none' };
  }

  private async ask<T>(
    method: string,
    request: { readonly shard: number },
    signal: AbortSignal,
  ): Promise<T | TallyError> {
    const { clusterProxy, deadlineMs, onFailure } = this.options;
    try {
      return await clusterProxy.client.call<T>(method, request, {
        deadlineMs,
        idempotent: true,
        signal,
      });
    } catch (error) {
      if (!(error instanceof TallyError) || signal.aborted) throw error;
      onFailure(request.shard, error);
      return error;
    }
  }
}

function offsetsOf(partitions: readonly shardProxy.PartitionRanges[]): ShardCoverage {
  return new Map(
    partitions.map(({ partition, ranges }) => [
      partition?.partition ?? -1,
      new OffsetSet(ranges.map(({ from, to }) => ({ from: BigInt(from), to: BigInt(to) }))),
    ]),
  );
}
