import { TallyError, type shardProxy } from '@tally/contracts';
import {
  OffsetSet,
  type Answer,
  type FlushFailure,
  type FlushOutcome,
  type ShardCoverage,
} from '@tally/counting';
import type { Peer } from '@tally/discovery';

export interface ShardsOptions {
  readonly clusterProxy: Peer;
  /** Until the outcome of a call counts as unknown. */
  readonly deadlineMs: number;
  /** Told of each call that got no answer, or one that refuses it. */
  readonly onFailure: (shard: number, error: unknown) => void;
}

/**
 * The shards, reached through cluster-proxy. Whatever a shard answers, or that it does not, is an answer
 * here too: what one of them does ends neither the others nor the process. Only a call that is aborted
 * rejects, with the signal's reason.
 */
export class Shards {
  constructor(private readonly options: ShardsOptions) {}

  applyDelta(request: shardProxy.ApplyDeltaRequest, signal: AbortSignal): Promise<FlushOutcome> {
    return this.ask('ApplyDelta', request, signal, outcomeOf, meaningOf);
  }

  coverage(
    shard: number,
    epoch: number,
    partitions: readonly shardProxy.Partition[],
    signal: AbortSignal,
  ): Promise<Answer<ShardCoverage>> {
    const request: shardProxy.GetCoverageRequest = { shard, epoch: String(epoch), partitions };
    return this.ask('GetCoverage', request, signal, coverageOf, (error) => ({
      kind: isCode(error, 'stale_epoch') ? 'stale_epoch' : 'none',
    }));
  }

  private async ask<Response, Result>(
    method: string,
    request: { readonly shard: number },
    signal: AbortSignal,
    read: (response: Response) => Result,
    failed: (error: unknown) => Result,
  ): Promise<Result> {
    const { clusterProxy, deadlineMs, onFailure } = this.options;
    try {
      const options = { deadlineMs, idempotent: true, signal };
      return read(await clusterProxy.client.call<Response>(method, request, options));
    } catch (error) {
      if (signal.aborted) throw error;
      onFailure(request.shard, error);
      return failed(error);
    }
  }
}

/** The one place that says what a failed flush means. */
function meaningOf(error: unknown): FlushFailure {
  if (isCode(error, 'stale_epoch')) return { kind: 'rebuild', why: 'stale_epoch' };
  if (isCode(error, 'overlap')) return { kind: 'rebuild', why: 'overlap' };
  if (isCode(error, 'payload_too_large')) return { kind: 'rebuild', why: 'too_large' };
  if (error instanceof TallyError && error.retryable)
    return { kind: 'retry', isSlow: isCode(error, 'deadline_exceeded') };
  const code = error instanceof TallyError ? error.code : 'a bug';
  return { kind: 'halt', reason: `${code}: ${error instanceof Error ? error.message : 'unknown'}` };
}

function outcomeOf(response: shardProxy.ApplyDeltaResponse): FlushOutcome {
  const { outcome } = response;
  switch (outcome) {
    case 'APPLY_OUTCOME_APPLIED':
      return { kind: 'applied', ...identityOf(response), ...refusedIn(response) };
    case 'APPLY_OUTCOME_ALREADY_APPLIED':
      return { kind: 'already_applied', ...identityOf(response), ...refusedIn(response) };
    case 'APPLY_OUTCOME_OVERLAP':
      return { kind: 'rebuild', why: 'overlap' };
    default:
      return { kind: 'halt', reason: `expected the outcome of a flush, got ${outcome}` };
  }
}

function refusedIn({ refusedSeries }: shardProxy.ApplyDeltaResponse): {
  readonly refused?: Buffer;
} {
  return refusedSeries === undefined ? {} : { refused: refusedSeries };
}

function coverageOf(response: shardProxy.GetCoverageResponse): Answer<ShardCoverage> {
  const { coverage, acceptedLosses } = response;
  return {
    kind: 'answer',
    value: offsetsOf(coverage),
    losses: offsetsOf(acceptedLosses),
    ...identityOf(response),
  };
}

/** Nothing when no database was asked. */
function identityOf({
  systemIdentifier,
  timelineId,
  startedAtMs,
}: Pick<shardProxy.ApplyDeltaResponse, 'systemIdentifier' | 'timelineId' | 'startedAtMs'>): {
  readonly identity?: string;
} {
  if (systemIdentifier === '') return {};
  return { identity: `${systemIdentifier}/${timelineId}/${startedAtMs}` };
}

function offsetsOf(partitions: readonly shardProxy.PartitionRanges[]): ShardCoverage {
  return new Map(
    partitions.map(({ partition, ranges }) => [
      partition?.partition ?? -1,
      new OffsetSet(ranges.map(({ from, to }) => ({ from: BigInt(from), to: BigInt(to) }))),
    ]),
  );
}

function isCode(error: unknown, code: TallyError['code']): boolean {
  return error instanceof TallyError && error.code === code;
}
