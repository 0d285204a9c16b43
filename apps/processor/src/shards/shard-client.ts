import type { shardProxy } from '@tally/contracts';
import { OffsetSet } from '@tally/counting';
import type { Peer } from '@tally/discovery';

/** What one shard has folded in, by partition of the topic. */
export type ShardCoverage = ReadonlyMap<number, OffsetSet>;

/** The shards, reached through cluster-proxy. Failures are TallyErrors. */
export class ShardClient {
  constructor(
    private readonly clusterProxy: Peer,
    private readonly deadlineMs: number,
  ) {}

  applyDelta(
    request: shardProxy.ApplyDeltaRequest,
    signal: AbortSignal,
  ): Promise<shardProxy.ApplyDeltaResponse> {
    return this.clusterProxy.client.call('ApplyDelta', request, {
      deadlineMs: this.deadlineMs,
      idempotent: true,
      signal,
    });
  }

  async coverage(
    shard: number,
    epoch: number,
    topic: string,
    partitions: readonly number[],
  ): Promise<ShardCoverage> {
    const request: shardProxy.GetCoverageRequest = {
      shard,
      epoch: String(epoch),
      partitions: partitions.map((partition) => ({ topic, partition })),
    };
    const { coverage } = await this.clusterProxy.client.call<shardProxy.GetCoverageResponse>(
      'GetCoverage',
      request,
      { deadlineMs: this.deadlineMs, idempotent: true },
    );
    return new Map(
      coverage.map(({ partition, ranges }) => [
        partition?.partition ?? -1,
        new OffsetSet(ranges.map(({ from, to }) => ({ from: BigInt(from), to: BigInt(to) }))),
      ]),
    );
  }
}
