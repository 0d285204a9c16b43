import type { OffsetRange, shardProxy } from '@tally/contracts';
import { ShardModel } from '@tally/testing/shard-model';
import { Refusal } from '@tally/testing/stub-service';

/** What a shard says instead of doing what it was asked. */
export type Instead = (request: shardProxy.ApplyDeltaRequest) => shardProxy.ApplyDeltaResponse;

/** All shards as cluster-proxy shows them. */
export class FakeShards {
  readonly requests: shardProxy.ApplyDeltaRequest[] = [];
  /** Each used once, by the next flushes of that shard. */
  readonly instead = new Map<number, Instead[]>();
  /** How many times each shard was asked what it covers. */
  readonly coverageAsked = new Map<number, number>();
  private readonly shards: readonly ShardModel[];

  readonly handlers = {
    ApplyDelta: async (request: shardProxy.ApplyDeltaRequest) => this.apply(request),
    GetCoverage: async (request: shardProxy.GetCoverageRequest) => this.coverageOf(request),
  };

  constructor(
    shards: number,
    private readonly partitions: number,
  ) {
    this.shards = Array.from({ length: shards }, (_, shard) => new ShardModel(shard));
  }

  /** The shard map that is in force. */
  set epoch(epoch: number) {
    for (const shard of this.shards) shard.epoch = epoch;
  }

  /** All shards together, by subject and dimensions. */
  counts(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const shard of this.shards)
      for (const [series, count] of shard.read(this.partitions).counts)
        counts[series] = (counts[series] ?? 0) + Number(count);
    return counts;
  }

  shard(number: number): ShardModel {
    const shard = this.shards[number];
    if (shard === undefined) throw new RangeError(`no shard ${number}`);
    return shard;
  }

  /** The next flush to this shard gets that answer. */
  once(shard: number, instead: Instead): void {
    this.instead.set(shard, [...(this.instead.get(shard) ?? []), instead]);
  }

  /** By the rule alone, whatever the test wants instead. */
  applyNow(request: shardProxy.ApplyDeltaRequest): shardProxy.ApplyDeltaResponse {
    const shard = this.shard(request.shard);
    const verdict = shard.apply(request);
    if (verdict === 'stale_epoch') throw new Refusal('stale_epoch');
    return { outcome: OUTCOMES[verdict], uncovered: [], ...identityOf(shard) };
  }

  private apply(request: shardProxy.ApplyDeltaRequest): shardProxy.ApplyDeltaResponse {
    this.requests.push(request);
    const instead = this.instead.get(request.shard)?.shift();
    return instead === undefined ? this.applyNow(request) : instead(request);
  }

  private coverageOf(request: shardProxy.GetCoverageRequest): shardProxy.GetCoverageResponse {
    this.coverageAsked.set(request.shard, (this.coverageAsked.get(request.shard) ?? 0) + 1);
    const shard = this.shard(request.shard);
    if (request.epoch !== String(shard.epoch)) throw new Refusal('stale_epoch');
    const covered = shard.covered(request.partitions.map(({ partition }) => partition));
    return {
      ...identityOf(shard),
      acceptedLosses: request.partitions.map((partition) => ({
        partition,
        ranges: rangesOf(shard.losses.get(partition.partition)),
      })),
      coverage: request.partitions.map((partition) => ({
        partition,
        ranges: rangesOf(covered.get(partition.partition)),
      })),
    };
  }
}

const OUTCOMES = {
  applied: 'APPLY_OUTCOME_APPLIED',
  already_applied: 'APPLY_OUTCOME_ALREADY_APPLIED',
  overlap: 'APPLY_OUTCOME_OVERLAP',
} as const;

function identityOf({ timelineId }: ShardModel) {
  return { timelineId, systemIdentifier: '1', startedAtMs: '1' };
}

function rangesOf(offsets: Iterable<OffsetRange> = []): shardProxy.OffsetRange[] {
  return [...offsets].map(({ from, to }) => ({ from: String(from), to: String(to) }));
}
